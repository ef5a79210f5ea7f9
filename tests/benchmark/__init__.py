"""`make bench`: how much processor time Quantix takes, beside yardsticks of the same run.

A part is a module of this package with one function,

    def measure(lab: Lab) -> Iterator[ReportRow]: ...

and its name in `PARTS` of `__main__.py`. All parts of a database share one process, in which Django
is set up, and one `Lab`: its servers and filled databases are made when they are first asked for.
What cannot be measured becomes a row that says so, and `make bench` fails after all the others.
"""
