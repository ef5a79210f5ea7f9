"""`make soak`: the long forms of what `make test` shows in short.

A scenario is a module of this package with one function,

    def play(stage: Stage) -> Iterator[CaseRow]: ...

and a line in `SCENARIOS` of `__main__.py`, which says on which databases it plays. Every scenario
plays in a process of its own, where Django is set up on an empty, migrated database that is thrown
away afterwards: the ORM and `tests.factories` work as in a test, and `stage.server(workers=4,
NAME="value")` starts gunicorn on that database. It yields one `CaseRow` for each of its cases as
soon as that is through. What is wrong goes into the row's `violations`, in words; one of them, or
an exception, makes `make soak` fail after everything else has played. With `stage.quick` it does
the least that still shows every case: a minute or so.
"""
