"""Many documents in several processes, and what may befall those."""

from __future__ import annotations

import asyncio
import itertools
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType

import faulty
import psutil
import pytest
from bs4 import BeautifulSoup
from conftest import ROOT, article
from faulty import Faulty
from lxml import html

import cleaner as package
from cleaner import Cleaned, Cleaner, CleanerError, Outcome, UsageError
from cleaner.batch import workers
from cleaner.batch.document import Document
from cleaner.batch.workers import Limits, Standing, Work, process

DEADLINE = 1.5
TIMEOUT = "timeout: no result within 1.5 s"


@pytest.fixture(autouse=True)
def _no_deadlock() -> Iterator[None]:
    def stop(number: int, frame: FrameType | None) -> None:
        raise TimeoutError("a deadlock")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(100)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture(scope="module")
def plain() -> Cleaner:
    return Cleaner(site_packs=False)


@pytest.fixture(scope="module")
def faulty_cleaner() -> Faulty:
    return Faulty(site_packs=False)


def raw(number: int) -> str:
    return f"Title of note {number}\n\n{article(1 + number % 5)}\n\nShare this:\n"


def notes(count: int) -> list[Document]:
    return [Document(str(n), raw=raw(n)) for n in range(count)]


def children() -> list[psutil.Process]:
    """Living processes below this one, but for the tracker that multiprocessing keeps."""
    return [p for p in psutil.Process().children(recursive=True) if is_worker(p)]


def is_worker(one: psutil.Process) -> bool:
    try:
        return one.status() != psutil.STATUS_ZOMBIE and "spawn_main" in " ".join(one.cmdline())
    except psutil.NoSuchProcess:
        return False


def wait_for(condition: Callable[[], bool], seconds: float) -> bool:
    until = time.monotonic() + seconds
    while not condition() and time.monotonic() < until:
        time.sleep(0.02)
    return condition()


@pytest.mark.parametrize("jobs", [0, 1, 2, 3])
def test_any_number_of_jobs_gives_the_serial_results(jobs: int, plain: Cleaner) -> None:
    documents = notes(300)
    serial = [(d, faulty.in_full(d, plain.clean(str(d.raw)))) for d in documents]
    assert list(process(documents, Work(plain, faulty.in_full), Limits(jobs=jobs))) == serial
    assert children() == []


@pytest.mark.parametrize("jobs", [0, 1])
def test_what_a_document_says_of_itself(jobs: int, plain: Cleaner, tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text(raw(1), encoding="utf-8")
    os.mkfifo(tmp_path / "fifo")
    documents = [
        Document("read", path=str(tmp_path / "note.txt")),
        Document("gone", path=str(tmp_path / "gone.txt")),
        Document("fifo", path=str(tmp_path / "fifo")),
        Document("folder", path=str(tmp_path)),
        Document("nul", path="a\0b"),
        Document("bad", failure="truncated: the archive ends in the middle"),
        Document("bytes", raw=raw(2).encode("utf-16")),
    ]
    reasons = dict(process(documents, Work(plain, faulty.outcome), Limits(jobs=jobs)))
    assert {d.name: reason for d, reason in reasons.items()} == {
        "read": ("OK", None),
        "gone": ("FAIL", "unreadable: No such file or directory"),
        "fifo": ("FAIL", "unreadable: not a regular file"),
        "folder": ("FAIL", "unreadable: not a regular file"),
        "nul": ("FAIL", "unreadable: embedded null byte"),
        "bad": ("FAIL", "truncated: the archive ends in the middle"),
        "bytes": ("OK", None),
    }


@pytest.mark.parametrize("jobs", [0, 1])
def test_known_is_for_documents_that_do_not_say(jobs: int, plain: Cleaner) -> None:
    documents = [Document("1", raw=raw(1)), Document("2", raw=raw(1), title="Told")]
    pages = package.clean_many(documents, jobs=jobs, cleaner=plain, title="Known", site="Varnholm Post")
    assert [(p.metadata.title, p.metadata.site) for p in pages] == [
        ("Known", "Varnholm Post"),
        ("Told", "Varnholm Post"),
    ]


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("HANG", TIMEOUT),
        ("SLEEP", TIMEOUT),
        ("KILL", "crash: the worker died (signal 9)"),
        ("EXIT", "crash: the worker died (exit code 3)"),
        ("SEGFAULT", "crash: the worker died (signal 11)"),
        ("MEMORY", "memory: it takes more than 2,048 MB"),
        ("ERROR", "crash: ZeroDivisionError: division by zero"),
    ],
)
def test_only_the_document_that_does_harm_fails(fault: str, reason: str, faulty_cleaner: Faulty) -> None:
    documents = notes(100)
    bad = (0, 50, 51, 99)
    for n in bad:
        documents[n] = Document(str(n), raw=f"!{fault}")
    results = list(process(documents, Work(faulty_cleaner, faulty.outcome), Limits(2, DEADLINE)))
    assert [d for d, _ in results] == documents
    assert {d.name: r for d, r in results if r != ("OK", None)} == {str(n): ("FAIL", reason) for n in bad}
    assert children() == []


def test_the_others_are_as_if_nothing_had_happened(faulty_cleaner: Faulty) -> None:
    documents = notes(200)
    serial = dict(process(documents, Work(faulty_cleaner, faulty.in_full), Limits(jobs=0)))
    for place, fault in zip(range(20, 200, 40), ["KILL", "MEMORY", "HANG", "SEGFAULT", "EXIT"], strict=True):
        documents.insert(place, Document(fault, raw=f"!{fault}"))
    results = dict(process(documents, Work(faulty_cleaner, faulty.in_full), Limits(2, DEADLINE)))
    assert list(results) == documents
    assert {d: r for d, r in results.items() if d in serial} == serial


def test_a_hang_costs_its_deadline_and_no_more(faulty_cleaner: Faulty) -> None:
    results = process(
        [*notes(1), Document("hang", raw="!HANG")], Work(faulty_cleaner, faulty.outcome), Limits(1, DEADLINE)
    )
    next(results)
    start = time.monotonic()
    assert [r for _, r in results] == [("FAIL", TIMEOUT)]
    assert time.monotonic() - start < DEADLINE + 2


def test_bad_luck_gets_a_second_try(faulty_cleaner: Faulty, tmp_path: Path) -> None:
    documents = notes(20)
    documents[7] = Document("7", raw=f"!KILL-ONCE {tmp_path / 'flag'}")
    results = process(documents, Work(faulty_cleaner, faulty.outcome), Limits(1))
    assert [r[0] for _, r in results] == ["OK"] * 20


def test_a_worker_killed_from_outside_costs_nothing(faulty_cleaner: Faulty) -> None:
    documents = [Document(str(n), raw="!NAP") for n in range(40)]
    outcomes = []
    for n, (_, result) in enumerate(process(documents, Work(faulty_cleaner, faulty.outcome), Limits(2))):
        outcomes.append(result[0])
        if n in (5, 20):
            children()[0].kill()
    assert outcomes == [str(faulty_cleaner.clean("!NAP").outcome)] * 40


def test_failed_pages_are_finished_too(faulty_cleaner: Faulty) -> None:
    [(_, (name, page))] = process([Document("x", raw="!KILL")], Work(faulty_cleaner, faulty.in_full), Limits(1))
    assert name == "x"
    assert '"outcome": "FAIL"' in page


@pytest.mark.parametrize("jobs", [0, 2])
def test_errors_come_in_their_turn(jobs: int, plain: Cleaner) -> None:
    documents = [*notes(5), Document("bad", raw=""), *notes(5)]
    seen = []
    with pytest.raises(OSError, match="No space left") as raised:  # noqa: PT012
        for _, name in process(documents, Work(plain, faulty.refuse), Limits(jobs)):
            seen.append(name)
    assert raised.value.errno == 28
    assert seen == list("01234")

    def broken() -> Iterator[Document]:
        yield from notes(5)
        raise LookupError("no more")

    seen = []
    with pytest.raises(LookupError, match="no more"):  # noqa: PT012
        for _, name in process(broken(), Work(plain, faulty.refuse), Limits(jobs)):
            seen.append(name)
    assert seen == list("01234")
    assert children() == []


def test_a_result_that_cannot_travel_is_an_error(plain: Cleaner) -> None:
    with pytest.raises(Exception, match="pickle"):
        next(process(notes(1), Work(plain, faulty.unpicklable), Limits(1)))
    with pytest.raises(UsageError, match="cannot be sent"):
        next(process(notes(1), Work(plain, lambda document, page: None), Limits(1)))


def test_a_worker_that_cannot_start_is_an_error(plain: Cleaner, tmp_path: Path) -> None:
    with pytest.raises(CleanerError, match="could not start"):
        next(process(notes(1), Work(plain, faulty.outcome), Limits(1, memory=50 << 20)))
    script = tmp_path / "script.py"
    script.write_text("import cleaner\nprint(list(cleaner.clean_many(['x'], jobs=1)))\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, timeout=60, env=environment(), check=False
    )
    assert done.returncode == 1
    assert 'if __name__ == "__main__"' in done.stderr.splitlines()[-1]
    assert children() == []


def test_leaving_early_leaves_nobody_behind(faulty_cleaner: Faulty) -> None:
    work = Work(faulty_cleaner, faulty.outcome)
    busy = [*notes(1), *(Document(str(n), raw="!SLEEP") for n in range(1, 9))]
    results = process(busy, work, Limits(2))
    next(results)
    assert len(children()) == 2
    start = time.monotonic()
    results.close()
    assert time.monotonic() - start < 2
    assert children() == []
    for _ in process(notes(9), work, Limits(2)):
        break
    assert wait_for(lambda: children() == [], 2)
    process(notes(9), work, Limits(2))
    assert children() == []


def test_documents_are_taken_as_they_are_needed(plain: Cleaner) -> None:
    taken = itertools.count()
    endless = (Document(str(next(taken)), raw=raw(1)) for _ in itertools.repeat(None))
    results = process(endless, Work(plain, faulty.outcome), Limits(2))
    for n in range(2000):
        assert next(results)[0].name == str(n)
    results.close()
    assert next(taken) <= 2000 + 2 * workers.WINDOW_DOCUMENTS


def test_a_slow_document_holds_up_a_bounded_number(faulty_cleaner: Faulty, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "WINDOW_BYTES", 100_000)
    taken = itertools.count()
    rest = (Document(str(next(taken)), raw="x" * 10_000) for _ in itertools.repeat(None))
    results = process(
        itertools.chain([Document("slow", raw="!SLEEP")], rest),
        Work(faulty_cleaner, faulty.outcome),
        Limits(2, DEADLINE),
    )
    assert next(results)[1] == ("FAIL", TIMEOUT)
    results.close()
    assert 10 < next(taken) < 40


def test_large_documents_and_results_pass(plain: Cleaner) -> None:
    big = [{"raw": f"{n} " + "A line of a very long note, they said. " * 100_000} for n in range(6)]
    pages = list(package.clean_many(big, jobs=2, cleaner=plain))
    assert [(p.text[0], len(p.text)) for p in pages] == [
        (str(n), len(plain.clean(b["raw"]).text)) for n, b in enumerate(big)
    ]


def test_shuffled_documents_have_the_same_results(plain: Cleaner) -> None:
    documents = notes(200)
    expected = dict(process(documents, Work(plain, faulty.in_full), Limits(0)))
    for seed in range(3):
        random.Random(seed).shuffle(documents)
        results = list(process(documents, Work(plain, faulty.in_full), Limits(2)))
        assert [d for d, _ in results] == documents
        assert dict(results) == expected


SCRIPT = """
import os, sys, time
import faulty
from cleaner.batch.document import Document
from cleaner.batch.workers import Limits, Standing, Work, process

if __name__ == "__main__":
    documents = [Document("0", raw="A note."), *(Document(str(n), raw=f"!{sys.argv[1]}") for n in range(1, 99))]
    work = Work(faulty.Faulty(site_packs=False), faulty.outcome)
    for result in process(documents, work, Limits(2)):
        print(os.getpid(), flush=True)
"""


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}"}


@pytest.fixture(params=["SLEEP", "HANG"])
def running(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[psutil.Popen, list[psutil.Process]]]:
    """A run in the middle of documents that never end, in a process group of its own, and its workers."""
    script = tmp_path / "script.py"
    script.write_text(SCRIPT, encoding="utf-8")
    run = psutil.Popen(
        [sys.executable, str(script), request.param],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(), start_new_session=True,
    )  # fmt: skip
    run.stdout.readline()
    time.sleep(0.5)
    below = [p for p in run.children(recursive=True) if is_worker(p)]
    yield run, below
    for one in below:
        if is_worker(one):
            one.kill()
    if run.poll() is None:
        run.kill()
    run.communicate()


def test_workers_do_not_outlive_a_killed_parent(running: tuple[psutil.Popen, list[psutil.Process]]) -> None:
    run, below = running
    assert len(below) == 2
    run.kill()
    run.wait(5)
    assert wait_for(lambda: not any(map(is_worker, below)), 5)


def test_ctrl_c_ends_it_all(running: tuple[psutil.Popen, list[psutil.Process]]) -> None:
    run, below = running
    os.killpg(run.pid, signal.SIGINT)
    assert run.wait(5) == -signal.SIGINT
    assert wait_for(lambda: not any(map(is_worker, below)), 1)
    assert run.stderr.read().count("Traceback") == 1  # the parent's own


def test_clean_many_takes_whatever_holds_a_document(plain: Cleaner, tmp_path: Path) -> None:
    path = tmp_path / "note.txt"
    path.write_text(raw(3), encoding="utf-8")
    given = [
        raw(1),
        raw(2).encode(),
        path,
        {"raw": raw(4), "url": "https://example.com/4", "title": "Told"},
        Document("5", raw=raw(5)),
        tmp_path / "gone.txt",
    ]
    pages = list(package.clean_many(given, jobs=2, cleaner=plain))
    assert pages == list(package.clean_many(given, jobs=0, cleaner=plain))
    assert [pages[0], pages[2]] == [plain.clean(raw(1)), plain.clean_file(path)]
    assert (pages[3].metadata.url, pages[3].metadata.title) == ("https://example.com/4", "Told")
    assert pages[5].reason == "unreadable: No such file or directory"


def test_clean_many_takes_parsed_pages() -> None:
    text = "The wall at Lorne is to be raised, officials said on Monday."
    page = f"<article><h1>Wall to be raised</h1><!-- c --><p>{text.replace('Lorne', '<b>Lorne</b>')}</p></article>"
    element, soup = html.fromstring(page), BeautifulSoup(page, "lxml")
    given = [element, element.getroottree(), soup, {"raw": element, "url": "https://example.com/1"}]
    cleaner = Cleaner(profile="rules-only")
    pages = list(package.clean_many(given, jobs=1, cleaner=cleaner))
    assert [(p.kind, p.text) for p in pages] == [("html", text)] * 4
    assert pages[0].text == cleaner.clean(element).text
    assert pages[3].metadata.url == "https://example.com/1"


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: package.clean_many("x"), "put one in a list"),
        (lambda: package.clean_many(7), "iterable of documents, got int"),
        (lambda: package.clean_many([], jobs=-1), "jobs"),
        (lambda: package.clean_many([], deadline=0), "deadline"),
        (lambda: package.clean_many([], memory=0), "memory"),
        (lambda: package.clean_many([], sit="x"), "did you mean 'site'"),
        (lambda: package.clean_many([], profile="recall"), r"Cleaner\(profile=…\)"),
        (lambda: list(package.clean_many([7], jobs=0)), "document 0"),
        (lambda: list(package.clean_many([{"text": "x"}], jobs=0)), "unknown key 'text'"),
        (lambda: list(package.clean_many([{"url": "x"}], jobs=0)), "raw is str or bytes"),
        (lambda: list(package.clean_many(["x"], jobs=1, kind="pdf")), "none of auto, text, html"),
        (lambda: list(package.clean_many(["x"], jobs=1, deadline=1e12)), "86,400 at most"),
        (lambda: list(package.clean_many(["x"], jobs=1, memory=10**30)), "memory is a number of bytes"),
        (lambda: list(package.clean_many([Document("x")], jobs=0)), "neither content nor a path"),
    ],
)
def test_wrong_calls_are_told(call: Callable[[], object], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        call()


def test_aclean_many_is_clean_many(plain: Cleaner) -> None:
    given = [raw(n) for n in range(300)]

    async def endless() -> object:
        for one in given:
            yield one

    async def texts(source: object) -> list[Cleaned]:
        return [page async for page in package.aclean_many(source, jobs=2, cleaner=plain)]

    expected = [plain.clean(one) for one in given]
    assert asyncio.run(texts(given)) == expected
    assert asyncio.run(texts(endless())) == expected
    assert children() == []


def test_aclean_many_does_not_wait_for_the_next_document(plain: Cleaner) -> None:
    async def ask_and_answer() -> list[str]:
        asked: asyncio.Queue[str] = asyncio.Queue()

        async def source() -> object:
            for _ in range(5):
                yield await asked.get()

        texts = []
        await asked.put("Note 0.")
        async for page in package.aclean_many(source(), jobs=2, cleaner=plain):
            texts.append(page.text)
            await asked.put(f"Note {len(texts)}.")
        return texts

    assert asyncio.run(ask_and_answer()) == [f"Note {n}." for n in range(5)]


def test_cancelling_stops_the_workers(faulty_cleaner: Faulty) -> None:
    async def run() -> float:
        async def consume() -> None:
            async for _ in package.aclean_many([raw(1), *["!HANG"] * 9], jobs=2, cleaner=faulty_cleaner):
                first.set()

        first = asyncio.Event()
        task = asyncio.create_task(consume())
        await first.wait()
        start = time.monotonic()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return time.monotonic() - start

    assert asyncio.run(run()) < 2
    assert children() == []


def test_aclean_many_raises_what_the_source_raises(plain: Cleaner) -> None:
    async def broken() -> object:
        yield raw(1)
        raise LookupError("no more")

    async def outcomes() -> None:
        async for page in package.aclean_many(broken(), jobs=1, cleaner=plain):
            seen.append(page.outcome)

    seen: list[Outcome] = []
    with pytest.raises(LookupError, match="no more"):
        asyncio.run(outcomes())
    assert seen == [Outcome.OK]
    with pytest.raises(UsageError, match="jobs is 1 at least"):
        asyncio.run(anext(package.aclean_many([], jobs=0)))


def test_importing_the_package_starts_nothing() -> None:
    code = "import sys, cleaner; print({'multiprocessing', 'asyncio', 'concurrent.futures'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_standing_workers_stay(faulty_cleaner: Faulty) -> None:
    """One worker for several calls; a document that kills it costs no other, in this call or the next."""
    clean = Standing(Work(faulty_cleaner, faulty.outcome), Limits(jobs=1, deadline=DEADLINE))
    assert clean([]) == []
    assert clean([Document("1", raw="A short note."), Document("2", raw="")]) == [
        ("OK", None), ("EMPTY", "no text in the input"),
    ]  # fmt: skip
    first = {child.pid for child in children()}
    assert len(clean(notes(300))) == 300
    assert {child.pid for child in children()} == first
    reasons = [reason for _, reason in clean([*notes(2), Document("h", raw="!SLEEP"), *notes(2)])]
    assert reasons == [None, None, TIMEOUT, None, None]
    assert [outcome for outcome, _ in clean(notes(3))] == ["OK"] * 3
    clean.close()
    assert children() == []
