"""`make soak`: the long forms of what `make test` shows in short.

A scenario is a module of this package with one function,

    def play(stage: Stage) -> Iterator[CaseRow]: ...

and a line in `SCENARIOS` of `__main__.py`, which says on which databases it plays. Every scenario
plays in a process of its own, where Django is set up on an empty, migrated database that is thrown
away afterwards. The ORM and `tests.support.world.factories` work as in a test, and
`stage.server(workers=4, NAME="value")` starts gunicorn on that database.

The scenario yields a `CaseRow` as soon as a case is through. Faults go into the row's `violations`,
in words. A violation or an exception makes `make soak` fail after all other scenarios have played.
With `stage.quick` a scenario does the least that still shows every case, in about a minute.
"""
