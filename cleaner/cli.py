"""The command line: arguments and exit codes only."""

from __future__ import annotations

import io
import math
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Optional, get_args

import typer

from cleaner import __version__
from cleaner.errors import CleanerError, Failed, InputError, OutputError, RuleError, UsageError, did_you_mean

EXIT_CODES = """[bold]Exit codes[/bold]  0 done · 1 no document could be cleaned, more failed than
--max-failures, or one with --fail-fast · 2 wrong call or missing input · 3 faulty rules ·
4 output refused or not writable · 130 interrupted (Ctrl-C), 143 ended (SIGTERM): a run can go on"""


app = typer.Typer(
    name="cleaner",
    help="Turn raw news dumps into clean text plus metadata, by rules anyone can read.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
rules_app = typer.Typer(
    help="Check rule files: their form ([bold]lint[/bold]) and their examples ([bold]test[/bold]).",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    rich_markup_mode="rich",
)
app.add_typer(rules_app, name="rules")

RulesOption = Annotated[
    Optional[list[Path]],
    typer.Option(
        "--rules",
        "-r",
        help="A rule file or folder of your own, added to the shipped ones; repeatable.",
        show_default=False,
    ),
]
ProfileOption = Annotated[
    str,
    typer.Option(
        help="balanced, precision (removes more), recall (keeps more), thorough (slow: asks trafilatura too) "
        "or rules-only (no score)."
    ),
]
SitePacksOption = Annotated[
    bool, typer.Option("--site-packs/--no-site-packs", help="Use the packs written for single sites.")
]
SiteOption = Annotated[
    Optional[str], typer.Option(help="The site all inputs come from: a pack's id, name or domain.", show_default=False)
]
EngineOption = Annotated[
    str,
    typer.Option(
        help="Who chooses the article on a page where no rule speaks: cleaner, or trafilatura, whose choice of blocks "
        "becomes verdicts like a rule's."
    ),
]
EnginesOption = Annotated[
    Optional[list[str]],
    typer.Option(
        help="Who chooses the article on a page where no rule speaks: cleaner, or trafilatura. And who does the work: "
        "local, or ray, a cluster; both may be named: --engine ray --engine trafilatura.",
        show_default="cleaner, local",
    ),
]
DEADLINE, MEMORY = 30.0, 2048
DeadlineOption = Annotated[
    Optional[float],
    typer.Option(
        min=0.1,
        max=86_400,
        help="Seconds a document may take.",
        show_default=f"{DEADLINE:g}; retry: the last run's",
        rich_help_panel="How it works",
    ),
]
MemoryOption = Annotated[
    Optional[int],
    typer.Option(
        min=256,
        max=1 << 20,
        help="Megabytes a worker may hold.",
        show_default=f"{MEMORY}; retry: the last run's",
        rich_help_panel="How it works",
    ),
]
FailuresOption = Annotated[
    Optional[str],
    typer.Option(
        help="Exit with 1 when more documents fail: a number or a share (10%).",
        show_default="50%; retry: the last run's",
        rich_help_panel="How it works",
    ),
]
KindOption = Annotated[str, typer.Option(help="auto, text or html.")]
TitleOption = Annotated[bool, typer.Option("--keep-title", help="Leave the title's line in the text.")]


ReadPanel, WorkPanel, WritePanel = "What is read", "How it works", "What is written"


@app.command(epilog=EXIT_CODES)
def clean(
    ctx: typer.Context,
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="INPUT…",
            help="Files, globs, URLs (s3://…), and folders, in which these suffixes are read: .txt .html .mhtml .jsonl "
            ".csv .tsv .warc .wet .tar (each also with .gz .zst .bz2 behind it), .parquet, .zip. A file named by "
            "itself, or by its suffix in a glob, is read whatever it is. - reads standard input.",
        ),
    ],
    out: Annotated[
        Optional[str],
        typer.Option(
            "--out",
            "-o",
            metavar="OUT",
            help="The folder to write to; with --engine ray also a URL.",
            show_default=False,
        ),
    ] = None,
    rules: RulesOption = None,
    profile: ProfileOption = "balanced",
    engine: EnginesOption = None,
    site_packs: SitePacksOption = True,
    site: SiteOption = None,
    kind: KindOption = "auto",
    keep_title: TitleOption = False,
    as_json: Annotated[bool, typer.Option("--json", help="With -: write JSON (text, metadata, ledger).")] = False,
    format: Annotated[
        str,
        typer.Option(
            "--format",
            "-f",
            help="A file a document: text (NAME.txt and NAME.json), markdown, html or tei; or shards: jsonl (zstd) or "
            "parquet. With -, what is written to standard output.",
            rich_help_panel=WritePanel,
        ),
    ] = "text",
    comments: Annotated[
        bool, typer.Option("--comments", help="Keep readers' comments.", rich_help_panel=WritePanel)
    ] = False,
    tables: Annotated[
        bool, typer.Option("--tables/--no-tables", help="Keep tables of data.", rich_help_panel=WritePanel)
    ] = True,
    list_numbers: Annotated[
        bool,
        typer.Option(
            "--list-numbers/--no-list-numbers",
            help="Write the numbers that a page shows before a list's items.",
            rich_help_panel=WritePanel,
        ),
    ] = True,
    links: Annotated[
        bool, typer.Option("--links", help="Markdown, HTML, TEI: with the links.", rich_help_panel=WritePanel)
    ] = False,
    images: Annotated[
        bool, typer.Option("--images", help="Markdown, HTML: with the pictures.", rich_help_panel=WritePanel)
    ] = False,
    formatting: Annotated[
        bool,
        typer.Option("--formatting", help="Markdown, HTML, TEI: with bold, italics, code.", rich_help_panel=WritePanel),
    ] = False,
    ledger: Annotated[
        str, typer.Option(help="The removals: inside the record, beside it, or none.", rich_help_panel=WritePanel)
    ] = "inside",
    columns: Annotated[
        Optional[str],
        typer.Option(
            help="Columns of jsonl and parquet shards, with commas.", show_default=False, rich_help_panel=WritePanel
        ),
    ] = None,
    include: Annotated[
        Optional[list[str]],
        typer.Option(help="Only inputs whose name fits this glob; repeatable.", rich_help_panel=ReadPanel),
    ] = None,
    exclude: Annotated[
        Optional[list[str]],
        typer.Option(help="No inputs whose name fits this glob; repeatable.", rich_help_panel=ReadPanel),
    ] = None,
    text_column: Annotated[
        Optional[str], typer.Option(help="Column of a table that holds the dump.", rich_help_panel=ReadPanel)
    ] = None,
    url_column: Annotated[
        Optional[str],
        typer.Option(
            help="Column of a table that holds the URL. A table without it fails; of JSON lines the end does.",
            rich_help_panel=ReadPanel,
        ),
    ] = None,
    name_column: Annotated[
        Optional[str],
        typer.Option(
            help="Column of a table that names the row; else its number. A table without it fails; of JSON lines the "
            "end does.",
            rich_help_panel=ReadPanel,
        ),
    ] = None,
    limit: Annotated[
        Optional[int], typer.Option(min=1, help="Stop after so many inputs.", rich_help_panel=ReadPanel)
    ] = None,
    jobs: Annotated[
        Optional[int],
        typer.Option(
            "--jobs",
            "-j",
            min=0,
            help="Worker processes; as many as CPUs by default. 0: in this process, unprotected.",
            show_default=False,
            rich_help_panel=WorkPanel,
        ),
    ] = None,
    deadline: DeadlineOption = None,
    memory: MemoryOption = None,
    prune: Annotated[
        bool,
        typer.Option(
            "--prune",
            help="Remove what earlier runs wrote for local files, below the folders named here, that no longer exist. "
            "All else stays: what a file still holds or held, what --include leaves out, stores, what cannot be read. "
            "With --dry-run: lists them.",
            rich_help_panel=WritePanel,
        ),
    ] = False,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Say what would be done, and why; write nothing.", rich_help_panel=WorkPanel),
    ] = False,
    fail_fast: Annotated[
        bool, typer.Option("--fail-fast", help="Stop at the first document that fails.", rich_help_panel=WorkPanel)
    ] = False,
    max_failures: FailuresOption = None,
    log: Annotated[
        Optional[Path],
        typer.Option(
            help="Write a line of JSON a document to this file.", show_default=False, rich_help_panel=WorkPanel
        ),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress, no closing tables.")] = False,
) -> None:
    """Clean dumps: text and a ledger of every removed line.

    [bold]cleaner clean dumps/ -o clean/[/bold] mirrors the tree: dumps/a/x.html gives clean/a/x.html.txt (the
    text) and clean/a/x.html.json (metadata, outcome, removals). A second run redoes only what changed: inputs,
    and the documents that a changed rule bears on ([bold]--dry-run[/bold] says how many and why). A killed run goes on
    where it was. [bold]cleaner status clean/[/bold] shows what became of every input.

    What cannot be read for the moment fails, and what was written of it before stays (but for shards).
    A file in OUT that no run wrote is never overwritten.

    [bold]cleaner clean s3://bucket/dumps -o s3://bucket/clean --engine ray[/bold] has a Ray cluster write the same
    files (that of RAY_ADDRESS, or one on this machine). It keeps no run state: each run does everything, so --prune,
    --dry-run, status, failures and retry are not for it; --log notes what became of each input.

    [bold]cat dump.txt | cleaner clean -[/bold] writes the clean text to standard output,
    [bold]cleaner clean - --format markdown --links < page.html[/bold] a page's Markdown.
    """
    from cleaner.model import Output
    from cleaner.pipeline import Cleaner

    chooser, worker = _engines(engine or [])
    cleaner = Cleaner(
        rules or (),
        profile=profile,  # type: ignore[arg-type]
        site_packs=site_packs,
        keep_title=keep_title,
        engine=chooser,
        comments=comments,
        tables=tables,
        list_numbers=list_numbers,
        links=links,
        images=images,
        formatting=formatting,
    )
    _warn_of_site(site, cleaner)
    _check_form(format, {"--links": links, "--images": images, "--formatting": formatting})
    known = {"site": site, "kind": kind}
    if inputs == ["-"]:
        _check_for_stdin(ctx, worker)
        _clean_stdin(cleaner, {**known, "output": _one_of("--format", format, get_args(Output))}, as_json)
        return
    if "-" in inputs:
        raise UsageError("- stands alone: standard input cannot be mixed with files")
    if as_json:
        raise UsageError("--json is for -: a run over files writes NAME.json beside each text, or --format jsonl")
    if not out:
        raise UsageError("say where to write: cleaner clean INPUT… -o OUT (or read standard input with -)")
    if out == "-":
        raise UsageError("-o takes a folder; to standard output goes one document: cleaner clean - < FILE")
    if prune and limit is not None:
        raise UsageError("--prune needs to see all inputs: leave out --limit")
    _check_engine(worker, out, {"--prune": prune, "--dry-run": dry_run, "--jobs 0": jobs == 0})
    from cleaner.batch.output import Format, Ledger
    from cleaner.batch.read import Reading
    from cleaner.batch.run import MAX_FAILURES, Settings
    from cleaner.batch.workers import Limits

    settings = Settings(
        inputs=tuple(inputs),
        out=out,
        format=_one_of("--format", format, get_args(Format)),  # type: ignore[arg-type]
        ledger=_one_of("--ledger", ledger, get_args(Ledger)),  # type: ignore[arg-type]
        columns=_columns(columns, format),
        reading=Reading(
            include=tuple(include or ()),
            exclude=tuple(exclude or ()),
            text_column=text_column,
            url_column=url_column,
            name_column=name_column,
        ),
        limits=Limits(jobs=_jobs(jobs), deadline=deadline or DEADLINE, memory=(memory or MEMORY) << 20),
        known={name: value for name, value in known.items() if value not in (None, "auto")},
        limit=limit,
        max_failures=max_failures or MAX_FAILURES,
        prune=prune,
    )
    _threshold(settings.max_failures)
    if dry_run:
        _show_plan(settings, cleaner)
    elif worker == "ray":
        _run_on_ray(settings, cleaner, jobs, fail_fast, log, quiet)
    else:
        _run(settings, cleaner, fail_fast, log, quiet)


_FOR_STDIN = frozenset(
    "ctx inputs rules profile engine site_packs site kind keep_title as_json format comments tables list_numbers links "
    "images formatting quiet".split()
)
"""The arguments that mean something where one document goes from standard input to standard output."""


def _check_for_stdin(ctx: typer.Context, worker: str) -> None:
    if worker == "ray":
        raise UsageError("--engine ray is for files and folders, not for -")
    for parameter in ctx.command.params:
        source = ctx.get_parameter_source(parameter.name or "")
        if source is not None and source.name == "COMMANDLINE" and parameter.name not in _FOR_STDIN:
            raise UsageError(
                f"{parameter.opts[0]} is for files and folders: with - one document goes to standard output"
            )


def _warn_of_site(site: str | None, cleaner: Any) -> None:
    """Say where a site is nearly one that has a pack; any publisher's name may be told."""
    if not site:
        return
    from cleaner.segment.fold import fold

    book = cleaner.book
    names = {*book.sites, *book.domains, *(pack.site for pack in book.sites.values() if pack.site)}
    if fold(site) not in set(map(fold, names)) and (hint := did_you_mean(site, sorted(names))):
        typer.echo(f"cleaner: no site pack is called {site!r}{hint}; it is taken for a publisher's name", err=True)


CHOOSERS, WORKERS = ("cleaner", "trafilatura"), ("local", "ray")


def _engines(asked: list[str]) -> tuple[str, str]:
    """Who chooses the article, and who does the work."""
    for engine in asked:
        _one_of("--engine", engine, CHOOSERS + WORKERS)
    found = [[engine for engine in asked if engine in kind] or [kind[0]] for kind in (CHOOSERS, WORKERS)]
    for engines in found:
        if len(set(engines)) > 1:
            raise UsageError(f"--engine {engines[0]} and --engine {engines[1]} exclude each other")
    return found[0][0], found[1][0]


def _check_engine(worker: str, out: str, asked: dict[str, bool]) -> None:
    from cleaner.batch.read.remote import is_address

    for option, is_asked in asked.items():
        if is_asked and worker == "ray":
            raise UsageError(f"{option} is not for --engine ray, which keeps no run state and works in other processes")
    if worker != "ray" and is_address(out):
        raise UsageError(f"{out} is no folder of this machine: writing to an address takes --engine ray")


def _jobs(asked: int | None) -> int:
    from cleaner.batch.workers import available_cpus

    return available_cpus() if asked is None else asked


def _one_of(option: str, value: str, choices: tuple[str, ...]) -> str:
    if value not in choices:
        raise UsageError(f"{option} is one of {', '.join(choices)}, not {value!r}{did_you_mean(value, choices)}")
    return value


_FORMS = {
    "--links": ("markdown", "html", "tei"),
    "--images": ("markdown", "html"),
    "--formatting": ("markdown", "html", "tei"),
}
"""The formats that have a place for what an option asks for."""


def _check_form(format: str, asked: dict[str, bool]) -> None:
    for option, forms in _FORMS.items():
        if asked[option] and format not in forms:
            raise UsageError(f"{option} is for --format {', '.join(forms)}: {format} has no place for it")


def _columns(written: str | None, format: str) -> tuple[str, ...]:
    from cleaner.batch.output import COLUMNS, FILES

    if written is None:
        return COLUMNS
    if format in FILES:
        raise UsageError(f"--columns is for --format jsonl, parquet: {format} has no columns")
    asked = [column.strip() for column in written.split(",") if column.strip()]
    if not asked:
        raise UsageError(f"--columns names none; there are {', '.join(COLUMNS)}")
    for column in asked:
        if column not in COLUMNS:
            raise UsageError(
                f"--columns: no column {column!r}{did_you_mean(column, COLUMNS)}; there are {', '.join(COLUMNS)}"
            )
    return tuple(column for column in COLUMNS if column in asked or column == "name")


def _threshold(written: str) -> tuple[float, bool]:
    """``10`` or ``10%`` as a number, and whether it is a share."""
    share = written.endswith("%")
    try:
        most = float(written.removesuffix("%")) / 100 if share else int(written)
    except ValueError:
        most = math.nan
    if not 0 <= most <= (1 if share else math.inf):
        raise UsageError(f"--max-failures is a number from 0, or a share from 0% to 100%, not {written!r}")
    return most, share


def _clean_stdin(cleaner: Any, known: dict[str, Any], as_json: bool) -> None:
    from cleaner.batch.output import page_json
    from cleaner.report.terminal import visible

    page = cleaner.clean(_standard_input(), **known)
    shown = page.text if page.rendered is None else page.rendered
    text = (shown + ("\n" if shown else "")).encode("utf-8", "backslashreplace")
    sys.stdout.buffer.write(page_json(page) if as_json else text)
    if page.reason:
        typer.echo(f"cleaner: {page.outcome}: {visible(page.reason)}", err=True)
    if page.outcome == "FAIL":
        raise typer.Exit(1)


def _standard_input() -> bytes:
    """All of it. Raises InputError."""
    if sys.stdin is None:
        raise InputError("standard input is closed: cleaner clean - < FILE")
    try:
        return sys.stdin.buffer.read()
    except OSError as error:
        raise InputError(f"cannot read standard input: {error.strerror}") from None


def _run(
    settings: Any,
    cleaner: Any,
    fail_fast: bool = False,
    log: Path | None = None,
    quiet: bool = False,
) -> None:
    from cleaner.batch.run import UNMET, Run

    with Run(settings, cleaner) as run:
        summary = _reported(run.work, settings, fail_fast, log, quiet, "the same command goes on from there")
        unmet, pruned, passed_over = run.state.fact(UNMET), run.pruned, run.passed_over
    if not quiet:
        _show_summary(summary)
        _tell_passed_over(passed_over)
        _tell_unmet(unmet, pruned if settings.prune else None)
        _tell_written(settings, f"What became of each input: cleaner status {settings.out}")
    _exit_by(summary, settings, f"cleaner failures {settings.out}")


def _run_on_ray(
    settings: Any,
    cleaner: Any,
    actors: int | None,
    fail_fast: bool,
    log: Path | None,
    quiet: bool,
) -> None:
    from cleaner.batch.on_ray import clean_on_ray

    def work(report: Any) -> None:
        clean_on_ray(settings, cleaner, report, actors=actors)

    summary = _reported(work, settings, fail_fast, log, quiet, "a run on Ray does everything again")
    if not quiet:
        _show_summary(summary)
        _tell_written(settings, f"What became of each input: {log}" if log else "")
    _exit_by(summary, settings, f"see {log}" if log else "--log notes which")


def _reported(work: Any, settings: Any, fail_fast: bool, log: Path | None, quiet: bool, again: str) -> Any:
    """Do the work and say how it goes; what came of it. Exits with 2 where there was nothing to do."""
    from rich.console import Console

    from cleaner.batch.run import Summary
    from cleaner.report.progress import Reporter
    from cleaner.report.terminal import counted, visible

    summary = Summary()
    with _opened(log) as lines, Reporter(lines, quiet, lambda: _count(settings)) as reporter:

        def report(row: Any, why: str) -> None:
            summary.add(row, why)
            try:
                reporter(row, why)
            except OSError as error:
                raise OutputError(f"cannot write {log}: {error.strerror}") from None
            if fail_fast and row.outcome == "FAIL" and why != "unchanged":
                raise Failed(f"{row.name}: {row.reason} (--fail-fast)")

        try:
            work(report)
        except KeyboardInterrupt:
            typer.echo(f"cleaner: interrupted, {counted(summary.outcomes.total(), 'document')} done: {again}", err=True)
            raise
    for name, reason in summary.cut:
        typer.echo(f"cleaner: warning: {visible(name)}: {visible(reason)}", err=True)
    if not summary.outcomes.total():
        Console().print(f"Nothing to clean in {', '.join(settings.inputs)}.", markup=False)
        raise typer.Exit(2)
    return summary


@contextmanager
def _opened(log: Path | None) -> Iterator[Any]:
    """The file that ``--log`` names. Raises OutputError where it cannot be written, at its end too."""
    if log is None:
        yield None
        return
    try:
        file = open(log, "wb")  # noqa: SIM115
    except OSError as error:
        raise OutputError(f"cannot write {log}: {error.strerror}") from None
    try:
        yield file
    finally:
        try:
            file.close()
        except OSError as error:
            raise OutputError(f"cannot write {log}: {error.strerror}") from None


def _show_summary(summary: Any) -> None:
    from rich.console import Console

    from cleaner.report.terminal import summary_table

    Console().print(summary_table(summary))


def _tell_written(settings: Any, further: str) -> None:
    from rich.console import Console

    Console().print(f"\nWritten to {settings.out}. {further}".rstrip(), markup=False, soft_wrap=True)


def _exit_by(summary: Any, settings: Any, further: str) -> None:
    """Exit with 1 where more documents failed than may."""
    from cleaner.report.terminal import counted

    documents, failed = summary.outcomes.total(), summary.outcomes["FAIL"]
    most, share = _threshold(settings.max_failures)
    if failed > (most * documents if share else most) or failed == documents:
        typer.echo(f"cleaner: {failed:,} of {counted(documents, 'document')} failed: {further}", err=True)
        raise typer.Exit(1)


def _tell_passed_over(counts: Any) -> None:
    """Say what was not read, why, and how it would be."""
    from cleaner.report.terminal import passed_over

    if counts:
        typer.echo(f"\n{passed_over(counts)}")


def _tell_unmet(unmet: int | None, pruned: int | None = None) -> None:
    """Say what there is of inputs that the last run did not meet. ``pruned``: so many were removed."""
    from cleaner.report.terminal import counted

    if pruned is not None:
        typer.echo(f"\nPruned: {counted(pruned, 'document')} whose files no longer exist.")
        if unmet:
            typer.echo(
                f"Not pruned: {counted(unmet, 'document')} that this run did not meet. Their files are still there, or "
                "did not lie below the folders named here, or cannot be looked for."
            )
    elif unmet:
        typer.echo(
            f"\nThe last run did not meet the inputs of {counted(unmet, 'document')}. What was written of those whose "
            "files no longer exist goes with --prune."
        )


def _count(settings: Any) -> int | None:
    """How many documents a run will meet, where that is quick to say."""
    from cleaner.batch.read import count_documents

    count = count_documents(settings.inputs, settings.reading)
    return count if count is None or settings.limit is None else min(count, settings.limit)


def _show_plan(settings: Any, cleaner: Any) -> None:
    """What a run would do; nothing is written."""
    from collections import Counter

    from rich.console import Console

    from cleaner.batch.run import Run
    from cleaner.report.terminal import planned_table

    with Run(settings, cleaner, dry=True) as run:
        met: set[str] = set()
        reasons: Counter[str] = Counter()
        for document, _, why in run.plan():
            met.add(document.name)
            reasons[why] += 1
        Console().print(planned_table(reasons, run.to_prune(met)))
        _tell_passed_over(run.passed_over)


OutArgument = Annotated[Path, typer.Argument(metavar="OUT", help="The output folder of a run.")]


@app.command(epilog=EXIT_CODES)
def status(
    out: OutArgument,
    as_json: Annotated[bool, typer.Option("--json", help="A line of JSON an input instead of the table.")] = False,
) -> None:
    """Show what became of the inputs of a run: how many came out how, what was removed of them, what to look at.

    [bold]--json[/bold] has a line an input: outcome, reason, site pack, packs used, lines and words removed.
    """
    from rich.console import Console

    from cleaner.batch.run import PASSED_OVER, UNMET, Summary
    from cleaner.report.terminal import summary_table

    with _state(out) as state:
        if as_json:
            _print_rows(state.rows())
            return
        summary = Summary()
        for row in state.rows():
            summary.add(row, "done")
        Console().print(summary_table(summary))
        _tell_passed_over(state.fact(PASSED_OVER))
        _tell_unmet(state.fact(UNMET))


@app.command(epilog=EXIT_CODES)
def failures(
    out: OutArgument,
    as_json: Annotated[bool, typer.Option("--json", help="A line of JSON an input.")] = False,
) -> None:
    """List the inputs that failed, with the reason. Once it is mended: cleaner retry OUT."""
    from cleaner.report.terminal import visible

    with _state(out) as state:
        rows = state.rows(["FAIL"])
        if as_json:
            _print_rows(rows)
            return
        failed = False
        for row in rows:
            failed = True
            typer.echo(f"{visible(row.name)}: {visible(row.reason or '')}")
        if not failed:
            typer.echo("No input failed.", err=True)


@app.command(epilog=EXIT_CODES)
def retry(
    out: OutArgument,
    rules: RulesOption = None,
    jobs: Annotated[
        Optional[int], typer.Option("--jobs", "-j", min=0, help="Worker processes.", show_default=False)
    ] = None,
    deadline: DeadlineOption = None,
    memory: MemoryOption = None,
    max_failures: FailuresOption = None,
) -> None:
    """Run again with the inputs and settings of the last run; what failed is tried anew. --jobs may be any."""
    from cleaner.batch.run import MAX_FAILURES, settings_of
    from cleaner.batch.workers import Limits
    from cleaner.pipeline import Cleaner

    with _state(out) as state:
        noted = state.fact("settings")
    if noted is None:
        raise InputError(f"{out}: no run is noted there")
    most = max_failures or noted.get("max_failures", MAX_FAILURES)
    _threshold(most)
    limits = Limits(
        jobs=_jobs(jobs),
        deadline=deadline or noted.get("deadline", DEADLINE),
        memory=memory << 20 if memory else noted.get("memory", MEMORY << 20),
    )
    _run(settings_of(noted, out, limits, most), Cleaner(rules or noted["rules"], **noted["cleaner"]))


def _print_rows(rows: Any) -> None:
    from cleaner.batch.output import to_json

    for row in rows:
        sys.stdout.buffer.write(to_json(row._asdict()) + b"\n")


def _state(out: Path) -> Any:
    from contextlib import closing

    from cleaner.batch.output import STATE
    from cleaner.batch.state import FILE, State

    if not (out / STATE / FILE).exists():
        raise InputError(f"{out}: no run has written there (it has no {STATE}/{FILE})")
    return closing(State(out / STATE, to_read=True))


@app.command(epilog=EXIT_CODES)
def explain(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The dump to look at; - reads standard input.")],
    rules: RulesOption = None,
    profile: ProfileOption = "balanced",
    engine: EngineOption = "cleaner",
    site_packs: SitePacksOption = True,
    site: SiteOption = None,
    kind: KindOption = "auto",
    svg: Annotated[
        Optional[Path], typer.Option(help="Also write the picture to this SVG file.", show_default=False)
    ] = None,
) -> None:
    """Show a dump line by line: + kept, - struck out, ± cut inside, each with the rule that decided."""
    from rich.console import Console

    from cleaner.pipeline import Cleaner
    from cleaner.report.terminal import explained

    cleaner = Cleaner(rules or (), profile=profile, site_packs=site_packs, engine=engine)  # type: ignore[arg-type]
    _warn_of_site(site, cleaner)
    if str(file) == "-":
        page = cleaner.clean(_standard_input(), site=site, kind=kind)
    else:
        page = cleaner.clean_file(file, site=site, kind=kind)
    console = Console(record=svg is not None, width=110 if svg else None)
    console.print(explained(page, str(file), console.width))
    if svg is not None:
        try:
            console.save_svg(str(svg), title=f"cleaner explain {file.name}")
        except OSError as error:
            raise OutputError(f"cannot write {svg}: {error.strerror}") from None
    if page.outcome == "FAIL":
        raise typer.Exit(1)


PathsArgument = Annotated[
    Optional[list[Path]],
    typer.Argument(
        metavar="[PATH…]", help="Rule files or folders; the shipped rules when none is given.", show_default=False
    ),
]


@rules_app.command(epilog=EXIT_CODES)
def lint(paths: PathsArgument = None) -> None:
    """Load rule files and report every fault with file, line and column."""
    from cleaner.report.terminal import counted

    _, chosen = _load(paths)
    rules = sum(len(p.rules) for p in chosen)
    typer.echo(f"{counted(len(chosen), 'pack')}, {counted(rules, 'rule')}: no fault. To prove them: cleaner rules test")


@rules_app.command("test", epilog=EXIT_CODES)
def run_examples(paths: PathsArgument = None) -> None:
    """Run every rule's hit and miss examples and name those that fail."""
    from cleaner.judge.examples import prove
    from cleaner.report.terminal import counted

    book, chosen = _load(paths)
    rules = [rule for pack in chosen for rule in pack.rules]
    failures = prove(rules, book)
    for failure in failures:
        typer.echo(str(failure))
    examples = sum(len(r.hit) + len(r.miss) for r in rules)
    failed = counted(len(failures), "failure") if failures else "no failures"
    typer.echo(f"{counted(len(rules), 'rule')}, {counted(examples, 'example')}: {failed}")
    if failures:
        raise typer.Exit(3)


def _load(paths: list[Path] | None) -> tuple[Any, list[Any]]:
    """All rules, shipped ones too, and of their packs those that lie in ``paths``."""
    from cleaner.rulebook.load import load_rulebook, shipped_rules

    own = [path.resolve() for path in paths or [shipped_rules()]]
    book = load_rulebook(paths or [shipped_rules()])
    return book, [p for p in book.packs if any(Path(p.file).resolve().is_relative_to(path) for path in own)]


@app.command(epilog=EXIT_CODES)
def schema() -> None:
    """Print the JSON Schema of what Cleaned.to_dict() gives."""
    from cleaner.report.schema import schema_json

    typer.echo(schema_json(), nl=False)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"cleaner {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run the command line; errors of this package become one message and an exit code."""
    _check_streams()
    try:
        try:
            app()
        finally:
            sys.stdout.flush()
    except FileNotFoundError:
        if _is_somewhere():
            raise
        typer.echo("cleaner: the folder you are in is no more: cd to another", err=True)
        sys.exit(InputError.exit_code)
    except RuleError as error:
        typer.echo(str(error), err=True)
        typer.echo(f"cleaner: {len(error.problems)} fault(s) in the rules; nothing was done", err=True)
        sys.exit(error.exit_code)
    except CleanerError as error:
        typer.echo(f"cleaner: {error}", err=True)
        sys.exit(error.exit_code)


def _check_streams() -> None:
    """Have standard output and error, and no file in their places: what is closed would be the next that is opened."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(descriptor)
    sys.stderr = sys.stderr or open(os.devnull, "w")  # noqa: SIM115 - it is open as long as this process
    if sys.stdout is None:
        typer.echo("cleaner: standard output is closed: to see nothing, say > /dev/null", err=True)
        sys.exit(OutputError.exit_code)
    sys.stdout, sys.stderr = _to_whoever_reads(sys.stdout), _to_whoever_reads(sys.stderr)


def _to_whoever_reads(stream: Any) -> Any:
    """The stream, for a reader who may leave. A terminal that lacks a character shows another."""
    if not isinstance(stream, io.TextIOWrapper):
        return stream
    if sys.platform == "win32":  # its terminals are no files
        stream.reconfigure(errors="backslashreplace")
        return stream
    stream.flush()
    return io.TextIOWrapper(
        io.BufferedWriter(_Shown(stream.fileno(), "w", closefd=False)),
        encoding=stream.encoding,
        errors="backslashreplace",
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )


class _Shown(io.FileIO):
    """Standard output or error. Where nobody reads any more what is left goes nowhere, and the work to its end: its
    exit code is what it would have been. Raises OutputError where standard output takes no more (a full disk)."""

    def write(self, data: Any, /) -> int:
        try:
            return super().write(data)
        except OSError as error:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self.fileno())
            os.close(nowhere)
            if isinstance(error, BrokenPipeError) or self.fileno() == 2:
                return len(data)
            raise OutputError(f"cannot write to standard output: {error.strerror}") from None


def _is_somewhere() -> bool:
    """Whether the working directory is there."""
    try:
        os.getcwd()
    except FileNotFoundError:
        return False
    return True
