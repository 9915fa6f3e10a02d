"""Where no rule decides: a small trained network over the lines in their order, and one decision for all of them.

The network sees every line, those that rules removed too; what rules decided stands. Its weights are data in
the package (``weights/``, with a card that says how they came about), read when first needed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.resources import files
from itertools import chain
from typing import IO

import numpy as np

from cleaner.judge.features import NAMES, Features, Floats, Ints, Places, features
from cleaner.judge.flow import Flow
from cleaner.judge.markup import NAME_BUCKETS, PAGE_NAMES, page_features
from cleaner.judge.reasons import reasons
from cleaner.judge.rules import SCORE, Judgement
from cleaner.judge.zones import find_body
from cleaner.model import Kind, Profile, Verdict
from cleaner.segment.text import segment_text

CATEGORY = "other"
BIAS: dict[Profile, float] = {"precision": -1.0, "balanced": 0.0, "thorough": 0.0, "recall": 1.0}
"""How much is added to what speaks for keeping a line, in steps of the network's kind."""
STEP: dict[Kind, float] = {"text": 0.25, "html": 1.0}
"""The step. In a dump nothing but its neighbours tells a menu from a list, so that little moves whole runs of lines."""
PAGE_BIAS = -0.25
"""What is added in a page for a line that is no cell of a table and no code: at even chances too much stays."""
IN_PIECES = frozenset(["td", "th", "dt", "dd", "pre"])
"""Elements whose lines say little by themselves."""
FLOW_BIAS = 0.5
"""What is added in a page for a line beside the paragraphs that the score keeps (:class:`Flow`): then all is decided
anew."""
LEAST_CAPTIONS = 3
"""Captions of a gallery at least."""
CLEAN_FROM, CLEAN_BIAS = 0.1, 1.0
"""In a dump that is mostly article already, less is to be removed and more to be lost: so much is added for one that
is all article, nothing for one that is less of it than the first number says, and between them in proportion."""
LEAST_LEFT = 0.1
"""The share of the likely article that the score must leave."""
SURE = 0.9
"""A document whose expected F1 is above this is decided by the lines' even chances."""
OVERRATED: dict[Kind, float] = {"text": 1.0, "html": 0.9}
"""What the expected F1 of others is taken by: the network of pages expects too much of itself."""
LEAST_CHANCE = 0.02
MOST_IN_ONE = 200_000
"""Multiplications in one piece of a product. OpenBLAS takes threads from 262,144 on (``interface/gemm.c``)."""
CLIP = 5.0
WORD_SCALE = 3.0

SENTENCE_BIAS, LEAST_SENTENCE = 1.0, 3
"""What is added in a dump for a line of so many words that ends a sentence: one of the article lost is worse than one
of the site kept."""
SHORT_DUMP = 80
"""Lines of a dump up to which its sentences are scored once more without the lines that rules removed, and the better
score counts: in most pages a sign-up box ends the article, in a short dump it may stand anywhere."""


@dataclass(frozen=True, slots=True)
class Block:
    """One step of the network: each line takes up the lines ``reach`` before and after it."""

    reach: int
    before: Floats
    here: Floats
    after: Floats
    bias: Floats


@dataclass(frozen=True, slots=True)
class Network:
    """The trained weights."""

    mean: Floats
    scale: Floats
    vectors: Floats
    entry: Floats
    entry_of_words: Floats
    entry_of_places: Floats
    entry_bias: Floats
    place_vectors: Floats
    """For pages, a row a word: its vectors where a place, the one around it, and all around it are called by it."""
    blocks: tuple[Block, ...]
    pool_after: int
    pool: Floats
    pool_bias: Floats
    exit: Floats
    exit_bias: Floats
    edge: tuple[tuple[float, float], tuple[float, float]]
    first: tuple[float, float]
    last: tuple[float, float]


@lru_cache(maxsize=2)
def network(kind: Kind = "text") -> Network:
    """The weights that ship with the package, for dumps or for pages."""
    with (files("cleaner.judge") / "weights" / f"{kind}.npz").open("rb") as file:
        return load(file)


def load(file: IO[bytes]) -> Network:
    """Weights as the training command writes them.

    Raises RuntimeError where they were trained for other features.
    """
    with np.load(file) as stored:
        w = {name: stored[name].astype(np.float32) for name in stored.files if name != "names"}
        if tuple(stored["names"]) not in (NAMES, PAGE_NAMES):
            raise RuntimeError("the weights were trained for other features: run python -m benchmarks.train")
    width, step = len(w["mean"]), len(w["entry_bias"])
    words = width + w["vectors"].shape[1]
    blocks = tuple(
        Block(int(reach), weight[:step], weight[step : 2 * step], weight[2 * step :], bias)
        for reach, weight, bias in zip(w["reaches"], w["blocks"], w["blocks_bias"], strict=True)
    )
    place_vectors = np.concatenate([*w["place_vectors"], np.zeros((NAME_BUCKETS, 0), np.float32)], 1)
    edge, first, last = w["edge"].tolist(), w["first"].tolist(), w["last"].tolist()
    return Network(
        w["mean"], w["scale"], w["vectors"], w["entry"][:width], w["entry"][width:words], w["entry"][words:],
        w["entry_bias"], place_vectors, blocks,
        int(w["pool_after"]), w["pool"], w["pool_bias"], w["exit"], w["exit_bias"],
        (tuple(edge[0]), tuple(edge[1])), tuple(first), tuple(last),
    )  # fmt: skip


def score(
    judgement: Judgement, profile: Profile = "balanced", said: Sequence[str] = (), net: Network | None = None
) -> Judgement:
    """Decide the segments that no rule decided, by the shipped weights or by others.

    ``said``: for a page, the folded texts that it declares (``cleaner.judge.markup.SAID``).

    Where the score would leave next to nothing of the article, what rules left stays, and ``capped`` says so.
    """
    open_lines = judgement.kept
    markup = judgement.segments.markup
    seen = features(judgement) if markup is None else page_features(judgement, said)
    kind: Kind = "text" if markup is None else "html"
    net = net or network(kind)
    scores, traces = _run(net, seen)
    bias = BIAS[profile] * STEP[kind]
    if markup is None:
        bias += _bias_of_clean(judgement, open_lines)
        _favour_sentences(scores, judgement, net)
    else:
        scores[:, 0] += PAGE_BIAS * np.array([element.tag not in IN_PIECES for element in markup.elements])
    keep = _decide(scores, judgement, net, bias)
    doubt = doubt_of(scores[:, 0] + bias, judgement, keep, OVERRATED[kind])
    beside: list[int] = []
    if markup is not None:
        flow = Flow(markup, (i for i in open_lines if keep[i] and judgement.segments.weights[i]))
        beside = [i for i in open_lines if i in flow]
        scores[beside, 0] += FLOW_BIAS
    if doubt or not all(keep[i] for i in beside):  # else it would be the same decision
        keep = _decide(scores, judgement, net, bias + doubt)
    if markup is not None:
        for i in chain(*flow.tables(), _captions_of_gallery(judgement, open_lines, keep)):
            keep[i] = True
    dropped = [i for i in open_lines if not keep[i]]
    if not dropped:
        return judgement
    if _leaves_nothing(judgement, open_lines, keep):
        warning = "score: next to nothing of the article would have been left, so what rules left was kept"
        return replace(judgement, capped="; ".join(w for w in (judgement.capped, warning) if w))
    verdicts = list(judgement.verdicts)
    because = reasons(*_weigh(net, traces, dropped))
    for i, reason in zip(dropped, because, strict=True):
        verdicts[i] = Verdict(SCORE, CATEGORY, reason, (SCORE,), False)
    return replace(judgement, verdicts=verdicts)


def _favour_sentences(scores: Floats, judgement: Judgement, net: Network) -> None:
    """Add to the scores of a dump's lines what speaks for its sentences."""
    open_lines = judgement.kept
    words, closed = np.array(judgement.segments.words), np.array(judgement.segments.closed)
    sentences = closed & (words >= LEAST_SENTENCE)
    if len(sentences) <= SHORT_DUMP and open_lines[-1] - open_lines[0] >= len(open_lines):
        alone, _ = _run(net, features(_rest(judgement)))
        rows = np.array(open_lines)[sentences[open_lines]]
        scores[rows, 0] = np.maximum(scores[rows, 0], alone[sentences[open_lines], 0])
    scores[:, 0] += SENTENCE_BIAS * sentences


def _rest(judgement: Judgement) -> Judgement:
    """A dump as if what rules removed had never been there: a box that stood in it ends no article then."""
    kept = judgement.kept
    rest = segment_text("\n".join(judgement.segments.text(i) for i in kept))
    held = frozenset(k for k, i in enumerate(kept) if i in judgement.protected)
    body = find_body(rest.weights, [True] * len(rest))
    return Judgement(rest, body, [None] * len(rest), protected=held)


def _run(net: Network, seen: Features) -> tuple[Floats, list[Floats]]:
    """What speaks for keeping each line, and for a change before and after it; and how far its numbers are from the
    usual, and each step's result, for :func:`_weigh`."""
    unusual = seen.rows - net.mean
    unusual *= net.scale
    np.clip(unusual, -CLIP, CLIP, out=unusual)
    h = _product(unusual, net.entry)
    h += net.entry_bias
    h += _product(_mean_vectors(net.vectors, seen.words, seen.edges), net.entry_of_words)
    if seen.places is not None:
        h += _product(_vectors_of_places(net, seen.places), net.entry_of_places)
    np.maximum(h, 0, out=h)
    traces = [unusual, h]
    for number, block in enumerate(net.blocks):
        step = _product(h, block.here)
        step += block.bias
        step[block.reach :] += _product(h[: -block.reach], block.before)
        step[: -block.reach] += _product(h[block.reach :], block.after)
        np.maximum(step, 0, out=step)
        traces.append(step)
        h = h + step
        if number == net.pool_after:
            around = np.concatenate((h.max(0), h.mean(0))) @ net.pool + net.pool_bias
            h += np.maximum(around, 0)
    return _product(h, net.exit) + net.exit_bias, traces


def _product(rows: Floats, weights: Floats) -> Floats:
    """``rows @ weights``, in pieces so small that numpy's BLAS does each in the thread it is called in.

    Starting its threads can take it hundreds of times as long as the product itself, and a library has no business
    setting their number for the whole process.
    """
    size = max(1, MOST_IN_ONE // weights.size)
    if len(rows) <= size:
        return rows @ weights
    product = np.empty((len(rows), weights.shape[1]), np.float32)
    for start in range(0, len(rows), size):
        np.matmul(rows[start : start + size], weights, out=product[start : start + size])
    return product


def _mean_vectors(vectors: Floats, buckets: Ints, edges: Ints) -> Floats:
    """The mean of the vectors of each line's words."""
    sums, counts = _sum_vectors(vectors, buckets, edges)
    sums *= (WORD_SCALE / np.maximum(counts, 1))[:, None]
    return sums


def _sum_vectors(vectors: Floats, buckets: Ints, edges: Ints) -> tuple[Floats, Ints]:
    counts = np.diff(edges)
    sums = np.zeros((len(counts), vectors.shape[1]), np.float32)
    worded = np.flatnonzero(counts)
    if len(worded):
        sums[worded] = np.add.reduceat(vectors.take(buckets, axis=0), edges[worded], axis=0)
    return sums, counts


def _vectors_of_places(net: Network, places: Places) -> Floats:
    """Of each segment: the mean vectors of what its place is called, the one around that, and all around it."""
    width = net.place_vectors.shape[1] // 3
    sums, counts = _sum_vectors(net.place_vectors, places.names, places.edges)
    scales = (WORD_SCALE / counts)[:, None]
    around, so_far = sums[:, 2 * width :].copy(), counts.astype(np.float32)
    for rows in places.levels[1:]:
        above = places.within[rows]
        around[rows] += around[above]
        so_far[rows] += so_far[above]
    at = places.of_segment
    outer = places.within[at]
    scales_outer = np.where(outer >= 0, scales[outer, 0], 0)[:, None]
    return np.concatenate(
        (
            sums[at, :width] * scales[at],
            sums[outer, width : 2 * width] * scales_outer,
            around[at] * (WORD_SCALE / so_far[at])[:, None],
        ),
        1,
    )


def _decide(scores: Floats, judgement: Judgement, net: Network, bias: float) -> list[bool]:
    """Keep or drop for all lines at once (Viterbi): a change between the two costs, a line that a rule keeps stays.

    For a line that rules removed this says whether it stands in the article: one goes on around an advertisement.
    """
    (stay_out, enter), (leave, stay_in) = net.edge
    speaks_for, entering, leaving = scores.T.astype(float)
    held = [i for i in judgement.protected if judgement.verdicts[i] is None]
    speaks_for[held] += _NEVER
    keeping = zip((speaks_for + bias).tolist(), (enter + entering).tolist(), (leave + leaving).tolist(), strict=True)
    lead = net.first[1] - net.first[0] + next(keeping)[0]  # of all ways to keep a line, over all ways to drop it
    came: list[tuple[bool, bool]] = []
    for speaks, enters, leaves in keeping:
        left, stayed = lead + leaves > stay_out, lead + stay_in > enters
        came.append((left, stayed))
        lead = speaks + (lead + stay_in if stayed else enters) - (lead + leaves if left else stay_out)
    state = lead + net.last[1] > net.last[0]
    states = [state]
    for step in reversed(came):
        state = step[state]
        states.append(state)
    return states[::-1]


_NEVER = 1e4


def doubt_of(speaks_for: Floats, judgement: Judgement, keep: list[bool], overrated: float = 1.0) -> float:
    """What is added for a document that the network is unsure of: the less it knows, the more is to stay.

    Who wants the best F1 keeps what belongs there with more than half the chance that this F1 is: nearly an even
    chance on a plain article, and far less where the network gropes, as on a page of teasers (Lipton, Elkan and
    Narayanaswamy, "Optimal Thresholding of Classifiers to Maximize F1 Measure", 2014). The F1 that one may expect is
    read from the lines' own chances.
    """
    words = np.array(judgement.segments.words, np.float32)
    words[[i for i, verdict in enumerate(judgement.verdicts) if verdict is not None]] = 0
    likely = words / (1 + np.exp(np.minimum(-speaks_for, 50)))
    kept = np.array(keep)
    expected = 2 * float(likely[kept].sum()) / max(1.0, float(words[kept].sum() + likely.sum()))
    if expected > SURE:
        return 0.0
    least = max(LEAST_CHANCE, overrated * expected / 2)
    return math.log((1 - least) / least)


def _bias_of_clean(judgement: Judgement, open_lines: list[int]) -> float:
    """What is added for a dump that is mostly article: long closed lines, by their number and by their words."""
    weights, words = judgement.segments.weights, judgement.segments.words
    long = [i for i in open_lines if weights[i]]
    by_words = sum(words[i] for i in long) / max(1, sum(words[i] for i in open_lines))
    article = by_words * len(long) / len(open_lines)
    return CLEAN_BIAS * max(0.0, article - CLEAN_FROM) / (1 - CLEAN_FROM)


def _captions_of_gallery(judgement: Judgement, open_lines: list[int], keep: list[bool]) -> list[int]:
    """The captions of a page that is mostly captions: there they are the article."""
    words, markup = judgement.segments.words, judgement.segments.markup
    assert markup is not None
    captions = [i for i in open_lines if markup.elements[i].tag == "figcaption"]
    others = sum(words[i] for i in open_lines if keep[i]) - sum(words[i] for i in captions if keep[i])
    is_gallery = len(captions) >= LEAST_CAPTIONS and sum(words[i] for i in captions) > others
    return captions if is_gallery else []


def _leaves_nothing(judgement: Judgement, open_lines: list[int], keep: list[bool]) -> bool:
    """Whether hardly anything of the long closed lines of the body is kept."""
    first, last = judgement.body
    weights = judgement.segments.weights
    there = sum(weights[i] for i in open_lines if first <= i <= last)
    left = sum(weights[i] for i in open_lines if keep[i])
    return left < LEAST_LEFT * there or not any(keep[i] for i in open_lines)


def _weigh(net: Network, traces: list[Floats], rows: list[int]) -> tuple[Floats, Floats]:
    """What each number of these lines adds to their own score, and how far it is from the usual.

    The one is its gradient times the other. Only the way through the line itself is followed, not that through
    its neighbours.
    """
    gradient = np.repeat(net.exit[None, :, 0], len(rows), axis=0)
    unusual, entered, *steps = (trace.take(rows, axis=0) for trace in traces)
    for block, step in zip(reversed(net.blocks), reversed(steps), strict=True):
        gradient += _product(gradient * (step > 0), block.here.T)
    gradient = _product(gradient * (entered > 0), net.entry.T)
    return gradient * unusual, unusual


__all__ = ["Network", "doubt_of", "load", "network", "score"]
