"""The command line: arguments and exit codes only."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from cleaner import __version__
from cleaner.errors import CleanerError, OutputError, RuleError, UsageError

EXIT_CODES = """[bold]Exit codes[/bold]  0 done · 1 no document could be cleaned · 2 wrong call or missing input ·
3 faulty rules · 4 output refused or not writable · 130 interrupted"""

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
    typer.Option(help="balanced, precision, recall or rules-only. This version decides by rules alone: they agree."),
]
SitePacksOption = Annotated[
    bool, typer.Option("--site-packs/--no-site-packs", help="Use the packs written for single sites.")
]
SiteOption = Annotated[
    Optional[str], typer.Option(help="The site all inputs come from: a pack's id, name or domain.", show_default=False)
]
KindOption = Annotated[str, typer.Option(help="auto, text or html.")]
TitleOption = Annotated[bool, typer.Option("--keep-title", help="Leave the title's line in the text.")]


@app.command(epilog=EXIT_CODES)
def clean(
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="INPUT…", help="Files and folders of dumps (.txt .html .htm …); - reads standard input."
        ),
    ],
    out: Annotated[
        Optional[Path], typer.Option("--out", "-o", metavar="OUT", help="The folder to write to.", show_default=False)
    ] = None,
    rules: RulesOption = None,
    profile: ProfileOption = "balanced",
    site_packs: SitePacksOption = True,
    site: SiteOption = None,
    kind: KindOption = "auto",
    keep_title: TitleOption = False,
    as_json: Annotated[bool, typer.Option("--json", help="With -: write JSON (text, metadata, ledger).")] = False,
) -> None:
    """Clean dumps: text and a ledger of every removed line.

    [bold]cleaner clean dumps/ -o clean/[/bold] mirrors the tree: dumps/a/x.html gives clean/a/x.html.txt (the
    text) and clean/a/x.html.json (metadata, outcome, removals). One row a document is in
    clean/.cleaner/report.jsonl.

    [bold]cat dump.txt | cleaner clean -[/bold] writes the clean text to standard output.
    """
    from cleaner.pipeline import Cleaner

    cleaner = Cleaner(rules or (), profile=profile, site_packs=site_packs, keep_title=keep_title)  # type: ignore[arg-type]
    known = {"site": site, "kind": kind}
    if inputs == ["-"]:
        _clean_stdin(cleaner, known, as_json)
    elif "-" in inputs:
        raise UsageError("- stands alone: standard input cannot be mixed with files")
    elif out is None:
        raise UsageError("say where to write: cleaner clean INPUT… -o OUT (or read standard input with -)")
    else:
        _clean_files(cleaner, inputs, out, known)


def _clean_stdin(cleaner: Any, known: dict[str, Any], as_json: bool) -> None:
    from cleaner.batch.output import page_json
    from cleaner.report.terminal import visible

    page = cleaner.clean(sys.stdin.buffer.read(), **known)
    text = page_json(page) if as_json else page.text + ("\n" if page.text else "")
    sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace"))
    if page.reason:
        typer.echo(f"cleaner: {page.outcome}: {visible(page.reason)}", err=True)
    if page.outcome == "FAIL":
        raise typer.Exit(1)


def _clean_files(cleaner: Any, inputs: list[str], out: Path, known: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from cleaner.batch.inputs import find_inputs, refuse_overlap
    from cleaner.batch.output import REPORT, STATE
    from cleaner.batch.run import Summary, clean_files
    from cleaner.report.terminal import summary_table

    refuse_overlap(inputs, out)
    found, skipped = find_inputs(inputs)
    summary = Summary()
    console = Console(stderr=True)
    columns = (TextColumn("cleaning"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("cleaning", total=len(found))
        for item, page in clean_files(found, out, cleaner, **known):
            summary.add(str(item.name), page)
            progress.advance(task)
    shown = Console()
    if not found:
        shown.print(f"No dumps in {', '.join(inputs)}: looked for .txt .text .html .htm .xhtml files.", markup=False)
        raise typer.Exit(2)
    shown.print(summary_table(summary, skipped))
    shown.print(f"\nWritten to {out}, one row a document in {out / STATE / REPORT}", markup=False, soft_wrap=True)
    if summary.outcomes["FAIL"] == len(found):
        raise typer.Exit(1)


@app.command(epilog=EXIT_CODES)
def explain(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The dump to look at; - reads standard input.")],
    rules: RulesOption = None,
    profile: ProfileOption = "balanced",
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

    cleaner = Cleaner(rules or (), profile=profile, site_packs=site_packs)  # type: ignore[arg-type]
    if str(file) == "-":
        page = cleaner.clean(sys.stdin.buffer.read(), site=site, kind=kind)
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


@rules_app.command()
def lint(paths: PathsArgument = None) -> None:
    """Load rule files and report every fault with file, line and column."""
    _, chosen = _load(paths)
    count = sum(len(p.rules) for p in chosen)
    typer.echo(f"{len(chosen)} packs, {count} rules: no fault. To prove them: cleaner rules test")


@rules_app.command("test")
def run_examples(paths: PathsArgument = None) -> None:
    """Run every rule's hit and miss examples and name those that fail."""
    from cleaner.judge.examples import prove

    book, chosen = _load(paths)
    rules = [rule for pack in chosen for rule in pack.rules]
    failures = prove(rules, book)
    for failure in failures:
        typer.echo(str(failure))
    examples = sum(len(r.hit) + len(r.miss) for r in rules)
    typer.echo(f"{len(rules)} rules, {examples} examples: {len(failures) or 'no'} failure{'s'[: len(failures) != 1]}")
    if failures:
        raise typer.Exit(3)


def _load(paths: list[Path] | None) -> tuple[Any, list[Any]]:
    """All rules, shipped ones too, and of their packs those that lie in ``paths``."""
    from cleaner.rulebook.load import load_rulebook, shipped_rules

    own = [path.resolve() for path in paths or [shipped_rules()]]
    book = load_rulebook(paths or [shipped_rules()])
    return book, [p for p in book.packs if any(Path(p.file).resolve().is_relative_to(path) for path in own)]


@app.command()
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
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal that lacks a character shows another
            stream.reconfigure(errors="backslashreplace")
    try:
        app()
    except RuleError as error:
        typer.echo(str(error), err=True)
        typer.echo(f"cleaner: {len(error.problems)} fault(s) in the rules; nothing was done", err=True)
        sys.exit(error.exit_code)
    except CleanerError as error:
        typer.echo(f"cleaner: {error}", err=True)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        sys.exit(0)


if __name__ == "__main__":
    main()
