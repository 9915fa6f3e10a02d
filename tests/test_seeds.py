"""The three real dumps this project began with. They are not ours to publish: a folder that holds
them and their ``expected/`` is named by the environment variable NEWSDUMP_SEEDS."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from cleaner import Cleaner

SEEDS = Path(os.environ["NEWSDUMP_SEEDS"]) if os.environ.get("NEWSDUMP_SEEDS") else None
DUMPS = sorted(SEEDS.glob("*.txt")) if SEEDS else []
GERMAN = "Diese Website verwendet Cookies. Durch die weitere Nutzung stimmen Sie der Verwendung von Cookies zu."

if SEEDS is not None:

    @pytest.fixture(scope="module", params=[True, False], ids=["site packs", "generic rules alone"])
    def seed_cleaner(request) -> Cleaner:
        return Cleaner(site_packs=request.param)

    def expected(dump: Path) -> str:
        return (SEEDS / "expected" / dump.name).read_text(encoding="utf-8").rstrip("\n")

    @pytest.mark.parametrize("dump", DUMPS, ids=lambda d: d.stem)
    def test_text(dump: Path, seed_cleaner: Cleaner) -> None:
        page = seed_cleaner.clean_file(dump)
        assert page.text == expected(dump)
        assert page.restore().encode() == dump.read_bytes()
        assert page.outcome == "OK"

    @pytest.mark.parametrize("dump", DUMPS, ids=lambda d: d.stem)
    def test_metadata(dump: Path, cleaner: Cleaner) -> None:
        wanted = json.loads((SEEDS / "expected" / "metadata.json").read_text(encoding="utf-8"))[dump.stem]
        metadata = cleaner.clean_file(dump).metadata
        assert {name: getattr(metadata, name) for name in wanted} == wanted

    def replaced(dump: Path, *pairs: tuple[str, str]) -> str:
        text = dump.read_text(encoding="utf-8")
        for old, new in pairs:
            assert old in text, f"{old!r} is not in {dump.name}"
            text = text.replace(old, new)
        return text

    VARIANTS = [
        (
            0,
            [
                (
                    "Putin vows trade, security with North Korea beyond reach of West",
                    "Harbour wall to be raised by a metre",
                )
            ],
        ),
        (0, [("Trump congratulates Kim Jong Un and US officials are furious", "Who will pay for the new ferry?")]),
        (0, [("appeared first on The Independent News.", "appeared first on The Varnholm Courier.")]),
        (0, [("This website uses cookies. By continuing to use this site, you accept our use of cookies.", GERMAN)]),
        (1, [("18th June 2024", "2nd January 2023")]),
        (1, [("The Global Heroes", "The Varnholm Courier")]),
        (2, [("Join Get ₹99!", "Sign Up Get ₹250!")]),
        (2, [("Join Get ₹99!", "Join Now & Win $50!")]),
        (2, [("Kerala Lottery Result", "Punjab State Lottery Result")]),
        (2, [("Kerala Lottery Result", "Nagaland Dear Lottery Sambad Result Today")]),
        (2, [("\nKerala Lottery Result\nTops", ""), ("kerala-logo\n", "Kerala Lottery Result\nTops\nkerala-logo\n")]),
        (
            2,
            [
                ("\nKerala Lottery Result\nTops", ""),
                ("kerala-logo\n", "kerala-logo\n\nKarunya Plus Lottery Result\nTops\n"),
            ],
        ),
    ]

    @pytest.mark.parametrize(("number", "pairs"), VARIANTS)
    def test_variants_nobody_wrote_a_rule_for(number: int, pairs, seed_cleaner: Cleaner) -> None:
        dump = DUMPS[number]
        assert seed_cleaner.clean(replaced(dump, *pairs)).text == expected(dump)
