"""The network that ``cleaner.judge.score`` runs, as PyTorch trains it."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.examples import DROP, HINTS, KEEP, Example
from cleaner.judge.features import BUCKETS, NAMES, Places
from cleaner.judge.markup import NAME_BUCKETS, PAGE_NAMES
from cleaner.judge.score import CLIP, WORD_SCALE

NEVER = -1e4
LONGEST = 1500
"""Lines of one example that are looked at in one step of training: of a longer one, a random stretch."""


@dataclass(frozen=True)
class Plan:
    """How a network is built and trained."""

    width: int = 32
    reaches: tuple[int, ...] = (1, 2, 4, 8, 16, 32)
    word_width: int = 8
    epochs: int = 8
    rate: float = 3e-3
    decay: float = 1e-4
    dropout: float = 0.25
    word_dropout: float = 0.6
    feature_dropout: float = 0.05
    line_weight: float = 0.5
    """What each line by itself weighs beside the chain: it makes what speaks for a line mean the same everywhere."""
    hint_weight: float = 1.0
    of_pages: bool = False
    name_width: int = 12
    """Of pages: how wide the vectors of the words are that places are called by."""
    name_dropout: float = 0.5
    batch: int = 6000
    """Lines in a batch."""
    seed: int = 1

    @property
    def names(self) -> tuple[str, ...]:
        """The features it looks at."""
        return PAGE_NAMES if self.of_pages else NAMES


class Lines(nn.Module):
    """Lines in their order → for each line, what speaks for keeping it and for a change right before it."""

    def __init__(self, plan: Plan, mean: Tensor, scale: Tensor) -> None:
        super().__init__()
        self.plan = plan
        width = plan.width
        self.register_buffer("mean", mean)
        self.register_buffer("scale", scale)
        self.vectors = nn.EmbeddingBag(BUCKETS, plan.word_width, mode="mean")
        nn.init.normal_(self.vectors.weight, 0, 0.1)
        self.place_vectors = nn.ModuleList(
            nn.EmbeddingBag(NAME_BUCKETS, plan.name_width, mode="mean") for _ in range(3 if plan.of_pages else 0)
        )
        for bag in self.place_vectors:
            nn.init.normal_(bag.weight, 0, 0.1)
        entries = len(plan.names) + plan.word_width + len(self.place_vectors) * plan.name_width
        self.entry = nn.Linear(entries, width)
        self.blocks = nn.ModuleList(nn.Linear(3 * width, width) for _ in plan.reaches)
        self.pool = nn.Linear(2 * width, width)
        self.exit = nn.Linear(width, 3)
        self.hints = nn.Linear(width, HINTS)
        self.edge = nn.Parameter(torch.tensor([[0.5, -0.5], [-0.5, 0.5]]))
        self.first = nn.Parameter(torch.zeros(2))
        self.last = nn.Parameter(torch.zeros(2))

    @property
    def pool_after(self) -> int:
        """The block after which each line is told of the whole document."""
        return len(self.plan.reaches) // 2

    def forward(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """The scores, and the guessed hints."""
        plan, mask = self.plan, batch.mask.unsqueeze(2).float()
        x = ((batch.rows - self.mean) * self.scale).clamp(-CLIP, CLIP)
        if self.training:
            x = x * (torch.rand(x.shape[0], 1, x.shape[2]) > plan.feature_dropout)
        seen = [x, self._vectors(self.vectors, batch.words, plan.word_dropout, x)]
        for vectors, names in zip(self.place_vectors, batch.places, strict=True):
            seen.append(self._vectors(vectors, names, plan.name_dropout, x))
        h = F.relu(self.entry(torch.cat(seen, 2))) * mask
        length = x.shape[1]
        for number, (reach, block) in enumerate(zip(plan.reaches, self.blocks, strict=True)):
            padded = F.pad(h, (0, 0, reach, reach))
            step = F.relu(block(torch.cat((padded[:, :length], h, padded[:, 2 * reach :]), 2)))
            h = (h + F.dropout(step, plan.dropout, self.training)) * mask
            if number == self.pool_after:
                most = (h + NEVER * (1 - mask)).max(1).values
                around = self.pool(torch.cat((most, h.sum(1) / mask.sum(1)), 1))
                h = (h + F.relu(around).unsqueeze(1)) * mask
        return self.exit(h), self.hints(h)

    def _vectors(self, vectors: nn.Module, bags: Bags, dropout: float, x: Tensor) -> Tensor:
        """The mean vectors of each line's words, some left out while training."""
        words, offsets = bags
        if self.training:
            kept = torch.rand(words.shape) > dropout
            before = torch.cat((torch.zeros(1, dtype=torch.long), kept.long().cumsum(0)))
            words, offsets = words[kept], before[offsets]
        means: Tensor = vectors(words, offsets).view(*x.shape[:2], -1) * WORD_SCALE
        return means

    def loss(self, batch: Batch) -> Tensor:
        """How unlikely the labels are, a document weighing by the root of its length; and the hints."""
        scores, hints = self(batch)
        twice = torch.cat((scores, scores))
        allowed = torch.cat((batch.labelled, batch.possible))
        log_sums = self._log_sum(twice, allowed, torch.cat((batch.lengths, batch.lengths)))
        right, possible = log_sums.chunk(2)
        lengths = batch.lengths.float()
        loss = (batch.weights * (possible - right) / lengths.sqrt()).sum() / batch.weights.sum().clamp_min(1e-6)
        loss = loss + self.plan.line_weight * self._loss_of_lines(scores[:, :, 0], batch)
        known = batch.hints >= 0
        guesses = F.binary_cross_entropy_with_logits(hints, batch.hints.clamp_min(0), reduction="none")
        return loss + self.plan.hint_weight * lengths.mean().sqrt() * (guesses * known).sum() / known.sum().clamp_min(1)

    def _loss_of_lines(self, scores: Tensor, batch: Batch) -> Tensor:
        """How unlikely the label of each line is by what speaks for it alone."""
        wanted = batch.labelled[:, :, KEEP] == 0
        sure = ((batch.labelled < 0).sum(2) == 1) & (batch.possible == 0).all(2) & batch.mask
        by_line = F.binary_cross_entropy_with_logits(scores, wanted.float(), reduction="none") * sure
        by_document = by_line.sum(1) / batch.lengths.float().sqrt()
        total: Tensor = (batch.weights * by_document).sum() / batch.weights.sum().clamp_min(1e-6)
        return total

    def _log_sum(self, scores: Tensor, allowed: Tensor, lengths: Tensor) -> Tensor:
        """The log of the summed weight of all allowed ways through each document, by halves."""
        half = scores[:, :, 0] / 2
        states = torch.stack((-half, half), 2) + allowed
        zero = torch.zeros_like(half[:, 1:])
        change = torch.stack((torch.stack((zero, scores[:, 1:, 1]), 2), torch.stack((scores[:, 1:, 2], zero), 2)), 2)
        steps = self.edge + states[:, 1:].unsqueeze(2) + change
        nothing = torch.tensor([[0.0, 10 * NEVER], [10 * NEVER, 0.0]])
        there = (torch.arange(1, scores.shape[1]) < lengths[:, None])[:, :, None, None]
        steps = torch.where(there, steps, nothing)
        while steps.shape[1] > 1:
            if steps.shape[1] % 2:
                steps = torch.cat((steps, nothing.expand(len(steps), 1, 2, 2)), 1)
            a, b = steps[:, 0::2], steps[:, 1::2]
            steps = torch.logaddexp(a[..., 0:1] + b[..., 0:1, :], a[..., 1:2] + b[..., 1:2, :])
        ways = states[:, 0] + self.first
        if scores.shape[1] > 1:
            ways = torch.logsumexp(ways.unsqueeze(2) + steps[:, 0], 1)
        return torch.logsumexp(ways + self.last, 1)

    def arrays(self) -> dict[str, Any]:
        """The weights as ``cleaner.judge.score.load`` reads them."""
        small = np.float16

        def of(tensor: Tensor, kind: Any = np.float32) -> Any:
            return tensor.detach().numpy().astype(kind)

        return {
            "names": np.array(self.plan.names), "mean": of(self.mean), "scale": of(self.scale),
            "vectors": of(self.vectors.weight, small),
            "place_vectors": np.array([of(bag.weight, small) for bag in self.place_vectors], small),
            "entry": of(self.entry.weight.T), "entry_bias": of(self.entry.bias), "reaches": np.array(self.plan.reaches),
            "blocks": np.stack([of(block.weight.T) for block in self.blocks]),
            "blocks_bias": np.stack([of(block.bias) for block in self.blocks]),
            "pool_after": np.array(self.pool_after), "pool": of(self.pool.weight.T), "pool_bias": of(self.pool.bias),
            "exit": of(self.exit.weight.T), "exit_bias": of(self.exit.bias),
            "edge": of(self.edge), "first": of(self.first), "last": of(self.last),
        }  # fmt: skip


Bags = tuple[Tensor, Tensor]
"""Words, line by line, and where each line's begin."""


@dataclass(frozen=True)
class Batch:
    """Examples side by side, padded to one length."""

    rows: Tensor
    words: Bags
    places: tuple[Bags, ...]
    """Of pages: what a line's place is called, the one around it, and all around it."""
    mask: Tensor
    labelled: Tensor
    """0 where label and rules allow a state, else ``NEVER``. A line that rules removed may have either: the article
    goes on around an advertisement that stands in it."""
    possible: Tensor
    """The same by rules alone."""
    hints: Tensor
    lengths: Tensor
    weights: Tensor

    @classmethod
    def of(cls, documents: Sequence[Document], rng: random.Random) -> Batch:
        """These documents in one batch."""
        examples = [document.example for document in documents]
        spans = [_stretch(len(example), rng) for example in examples]
        count, length = len(examples), max(len(span) for span in spans)
        rows = torch.zeros(count, length, examples[0].seen.rows.shape[1])
        mask = torch.zeros(count, length, dtype=torch.bool)
        labelled, possible = torch.zeros(count, length, 2), torch.zeros(count, length, 2)
        hints = torch.full((count, length, HINTS), -1.0)
        words, *places = [
            _bags([bag.cut(span) for bag, span in zip(bags, spans, strict=True)], length)
            for bags in zip(*(document.bags for document in documents), strict=True)
        ]
        for k, (example, span) in enumerate(zip(examples, spans, strict=True)):
            cut = slice(span.start, span.stop)
            rows[k, : len(span)] = torch.from_numpy(example.seen.rows[cut].astype(np.float32))
            mask[k, : len(span)] = True
            if example.hints is not None:
                hints[k, : len(span)] = torch.from_numpy(example.hints[cut].astype(np.float32))
            free = ~example.removed[cut] & ~example.held[cut]
            possible[k, : len(span), DROP][torch.from_numpy(example.held[cut])] = NEVER
            labelled[k] = possible[k]
            labelled[k, : len(span), DROP][torch.from_numpy(free & (example.labels[cut] == KEEP))] = NEVER
            labelled[k, : len(span), KEEP][torch.from_numpy(free & (example.labels[cut] == DROP))] = NEVER
        return cls(
            rows, words, tuple(places), mask, labelled, possible, hints, torch.tensor([len(span) for span in spans]),
            torch.tensor([example.weight for example in examples]),
        )  # fmt: skip


@dataclass(frozen=True)
class Bag:
    """The words of each line: those of line ``i`` are ``words[edges[i]:edges[i + 1]]``."""

    words: Any
    edges: Any

    @classmethod
    def of(cls, lines: Sequence[Any]) -> Bag:
        """Lines as arrays of words."""
        return cls(np.concatenate(lines), np.cumsum([0, *map(len, lines)]))

    def cut(self, span: range) -> Bag:
        """These lines alone."""
        edges = self.edges[span.start : span.stop + 1]
        return Bag(self.words[edges[0] : edges[-1]], edges - edges[0])


@dataclass(frozen=True)
class Document:
    """An example as batches are made of it: what is the same in every epoch is made once."""

    example: Example
    bags: tuple[Bag, ...]
    """Each line's words; of a page also what its place is called, the one around it, and all around it."""

    @classmethod
    def of(cls, example: Example) -> Document:
        """This example."""
        seen = example.seen
        return cls(example, (Bag(seen.words, seen.edges), *_places(seen.places)))


def _places(places: Places | None) -> Iterator[Bag]:
    """What each line's place is called, the one around it, and all around it, itself included."""
    if places is None:
        return
    own = [places.names[start:end] for start, end in pairwise(places.edges)]
    nothing = own[0][:0]
    outer = [own[above] if above >= 0 else nothing for above in places.within]
    around: list[Any] = []
    for k, above in enumerate(places.within):
        around.append(own[k] if above < 0 else np.concatenate((around[above], own[k])))
    for names in (own, outer, around):
        yield Bag.of([names[k] for k in places.of_segment])


def _bags(documents: list[Bag], length: int) -> Bags:
    """Documents side by side, each filled up to one length with lines of no words."""
    counts = np.zeros((len(documents), length), np.int64)
    for row, bag in zip(counts, documents, strict=True):
        row[: len(bag.edges) - 1] = np.diff(bag.edges)
    words = np.concatenate([bag.words for bag in documents])
    return torch.from_numpy(words).long(), torch.from_numpy(counts.cumsum() - counts.ravel())


def _stretch(length: int, rng: random.Random) -> range:
    start = rng.randrange(length - LONGEST) if length > LONGEST else 0
    return range(start, min(length, start + LONGEST))


def train(examples: Sequence[Example], plan: Plan, say: Any = print) -> Lines:
    """A network trained on these examples. The same examples and plan give the same network."""
    rng = random.Random(plan.seed)
    torch.manual_seed(plan.seed)
    documents = [Document.of(example) for example in examples if example.weight]
    sample = np.concatenate([document.example.seen.rows[::7] for document in documents]).astype(np.float32)
    mean, spread = torch.from_numpy(sample.mean(0)), torch.from_numpy(sample.std(0))
    model = Lines(plan, mean, 1 / spread.clamp_min(0.05))
    of_words = [*model.vectors.parameters(), *model.place_vectors.parameters()]
    rest = [p for p in model.parameters() if not any(p is q for q in of_words)]
    groups: list[dict[str, Any]] = [{"params": rest}, {"params": of_words, "weight_decay": 10 * plan.decay}]
    optimizer = torch.optim.AdamW(groups, lr=plan.rate, weight_decay=plan.decay)
    steps = plan.epochs * sum(1 for _ in _batches(documents, plan.batch, rng))
    step = 0
    model.train()
    for epoch in range(plan.epochs):
        total = count = 0.0
        for chosen in _batches(documents, plan.batch, rng):
            warm = min(1.0, step / 100)
            for group in optimizer.param_groups:
                group["lr"] = plan.rate * warm * max(0.0, 1 + math.cos(math.pi * step / steps)) / 2
            loss = model.loss(Batch.of(chosen, rng))
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            step, total, count = step + 1, total + loss.item(), count + 1
        say(f"  epoch {epoch + 1} of {plan.epochs}: loss {total / count:.3f}")
    return model.eval()


def _batches(documents: Sequence[Document], lines: int, rng: random.Random) -> Iterator[list[Document]]:
    """All documents once, in batches of some length, in random order."""
    order = sorted(documents, key=lambda document: len(document.example) * (1 + 0.2 * rng.random()))
    batches: list[list[Document]] = [[]]
    longest = 0
    for document in order:
        length = min(len(document.example), LONGEST)
        longest = max(longest, length)
        if batches[-1] and longest * (len(batches[-1]) + 1) > lines:
            batches.append([])
            longest = length
        batches[-1].append(document)
    rng.shuffle(batches)
    yield from batches
