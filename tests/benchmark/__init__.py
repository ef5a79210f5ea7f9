"""`make bench`: the processor time that Quantix takes, beside yardsticks of the same run.

A part is a module of `parts` with one function,

    def measure(lab: Lab) -> Iterator[ReportRow]: ...

and its name in `PARTS` of `__main__.py`. All parts of a database share one process, in which Django
is set up, and one `Lab`, which makes servers and filled databases when they are first asked for. A
part that cannot be measured becomes a row that says so; `make bench` then fails at its end.
"""
