"""Trains the language model to generate the codes of the speech from its text.

It predicts only audio tokens and the end of speech. The learning rate falls over the budget of minutes. A run resumes from
FOLDER/state.pt; FOLDER/model.pt contains only the weights. Matrix products are in bfloat16 if that is faster on the machine.
"""
import json
import os

import numpy as np
import torch
import torch.nn.functional as F

from . import language_model, tokens
from .budget import Budget, autocast, chosen_device, has_bfloat16, read_checkpoint, save_whole
from .codes import NUM_SOUNDS, read_codes
from .muon import Muon
from .pairs import IGNORED, SOUNDS_BEHIND, Batch, Pairs, ahead

WEIGHTS = {"loss": 1.0, "missed": 0.3, "sound": 0.1, "spelling": 0.5}  # the last three train attention targets and the sound of words
LETTERS = 0.6  # additional tokens of texts without speech, relative to a step's tokens
SEED, HIGHEST_RATE = 1, 2e-3
MATRIX_RATE = 10.0  # Muon's rate relative to Adam's
JOINED = 0.1


class Trainer:
    def __init__(self, size, voice, codes_folder, folder, minutes, stop_after_minutes, by_heart=None, start_from=None):
        """by_heart: learn the first so many utterances exactly, to prove the way; nothing is varied then.
        start_from: weights (model.pt or lm.gguf) of an earlier training, where there is no FOLDER/state.pt: a dictionary
        of `path` and `spent_minutes`."""
        self.device = chosen_device()
        self.bfloat16 = has_bfloat16(self.device)
        self.size, self.folder, self.by_heart = size, folder, by_heart
        torch.manual_seed(SEED)
        codebook_size, utterances = read_codes(codes_folder, "train", by_heart)
        if codebook_size != size.codebook_size:
            raise SystemExit(f"{codes_folder}: codes of a codebook of {codebook_size}, but the model's size says "
                             f"{size.codebook_size}; was another codec trained since?")
        config = size.model_config(voice)
        self.pairs = Pairs(codebook_size, utterances, voice, config["context"])
        held_out = utterances if by_heart else read_codes(codes_folder, "held-out", 400)[1]
        self.held_out = Pairs(codebook_size, held_out, voice, config["context"])
        self.multiple = 64 if self.device == "cuda" else 8
        if not self.pairs.utterances or not self.held_out.utterances:
            raise SystemExit(f"{codes_folder}: no utterance here fits into {config['context']} tokens")
        self.model = language_model.LanguageModel(config).to(self.device)
        self.sounds = torch.nn.Linear(size.width, len(SOUNDS_BEHIND) * NUM_SOUNDS).to(self.device)
        self.optimisers = self._optimisers()
        self.step, spent = 0, 0.0
        state = read_checkpoint(os.path.join(folder, "state.pt"), self.device)
        if state:
            self.model.load_state_dict(state["model"])
            self.sounds.load_state_dict(state["sounds"])
            for optimiser, kept in zip(self.optimisers, state["optimisers"]):
                optimiser.load_state_dict(kept)
            self.step, spent = state["step"], state["spent"]
            print(f"language model: goes on at step {self.step}, after {spent / 60:.1f} minutes"
                  + (f"; {start_from['path']} is not asked, {folder}/state.pt is there" if start_from else ""), flush=True)
        elif start_from:
            self._start_from(start_from["path"])
            spent = start_from["spent_minutes"] * 60
        self.random = np.random.default_rng([SEED, self.step])
        self.budget = Budget(minutes, stop_after_minutes, spent)

    def _start_from(self, path):
        if not os.path.exists(path):
            raise SystemExit(f"{path}: there is no such file to start from")
        start = language_model.load(path, self.device)
        shapes = lambda model: {name: tuple(weight.shape) for name, weight in model.state_dict().items()}
        if shapes(start) != shapes(self.model):
            raise SystemExit(f"{path}: a model of another size; this one is {self.model.config}, that one {start.config}")
        self.model.load_state_dict(start.state_dict())

    def _optimisers(self):
        matrices = [w for n, w in self.model.named_parameters() if w.dim() == 2 and "token_embd" not in n]
        others = [w for n, w in self.model.named_parameters() if w.dim() != 2 or "token_embd" in n]
        kind = torch.bfloat16 if self.bfloat16 else torch.float32
        return [Muon(matrices, HIGHEST_RATE * MATRIX_RATE, weight_decay=0.0 if self.by_heart else 0.02, kind=kind),
                torch.optim.AdamW([*others, *self.sounds.parameters()], HIGHEST_RATE, betas=(0.9, 0.95),
                                  weight_decay=0.0)]

    def batches(self):
        while True:
            plain = self.by_heart is not None
            for sequences in self.pairs.plan(self.random, self.size.lm_tokens, self.multiple, 0.0 if plain else JOINED):
                yield (self.pairs.batch(sequences, self.multiple, None if plain else self.random, 0.02),
                       self.pairs.letters(self.random, LETTERS * self.size.lm_tokens, self.multiple, not plain))

    def predict(self, batch):
        """→ losses by name, and for each slot (the end is one of slot 0) the logits and what was wanted of them."""
        with autocast(self.device, self.bfloat16):
            watched = {layer: batch.looks[:, :, :heads] for layer, heads in self.size.watched.items()}
            stream, missed, between = self.model.watched_stream(batch.ids, watched, self.size.sounds_after)
            by_slot = [self._slot(stream, batch.targets, slot) for slot in range(tokens.SLOTS)]
            sounds = self.sounds(between).unflatten(-1, (len(SOUNDS_BEHIND), NUM_SOUNDS))
        count = sum(len(wanted) for _, wanted in by_slot)
        loss = sum(F.cross_entropy(logits.float(), wanted, reduction="sum") for logits, wanted in by_slot) / count
        return {"loss": loss, "missed": missed / len(watched), "sound": sound_loss(sounds, batch.sounds)}, by_slot

    def spell(self, ids, sounds):
        """→ how badly letters of texts without speech are known to sound."""
        with autocast(self.device, self.bfloat16):
            between = self.model.stream_behind(ids, self.size.sounds_after)
            said = self.sounds(between).unflatten(-1, (len(SOUNDS_BEHIND), NUM_SOUNDS))
        return sound_loss(said, sounds)

    def _slot(self, stream, targets, slot):
        """As in the program, only ids that are valid for the slot: its codes, in slot 0 also the end."""
        size, base = self.size.codebook_size, tokens.AUDIO_BASE + slot * self.size.codebook_size
        asked = (targets >= base) & (targets < base + size)
        rows = self.model.token_embd.weight[base:base + size]
        if slot == 0:
            asked = asked | (targets == tokens.END_OF_SPEECH)
            rows = torch.cat([rows, self.model.token_embd.weight[tokens.END_OF_SPEECH:tokens.END_OF_SPEECH + 1]])
        wanted = targets[asked]
        return F.linear(stream[asked], rows), torch.where(wanted == tokens.END_OF_SPEECH, size, wanted - base)

    def learn(self, batch, letters):
        """One step. → its losses, tensors by name."""
        rate = self.budget.rate(HIGHEST_RATE, self.step, self.size.warm_up_steps)
        for optimiser, share in zip(self.optimisers, (MATRIX_RATE, 1.0)):
            for group in optimiser.param_groups:
                group["lr"] = rate * share
        losses, _ = self.predict(self._here(batch))
        losses["spelling"] = self.spell(*(part.to(self.device, non_blocking=True) for part in letters))
        weighted = sum(losses[name] * weight for name, weight in WEIGHTS.items())
        for optimiser in self.optimisers:
            optimiser.zero_grad(set_to_none=True)
        weighted.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        for optimiser in self.optimisers:
            optimiser.step()
        self.step += 1
        return {name: loss.detach() for name, loss in losses.items()}

    def _here(self, batch):
        return Batch(*(part.to(self.device, non_blocking=True)
                       for part in (batch.ids, batch.targets, batch.looks, batch.sounds)))

    @torch.no_grad()
    def examine(self):
        """→ losses on held-out speech, and the share of likeliest tokens that are right, by slot and for the end."""
        self.model.eval()
        right, asked, losses = np.zeros(8), np.zeros(8), []
        for sequences in self.held_out.plan(np.random.default_rng(0), self.size.lm_tokens, self.multiple)[:4]:
            its_losses, by_slot = self.predict(self._here(self.held_out.batch(sequences, self.multiple)))
            losses.append({name: float(loss) for name, loss in its_losses.items()})
            for slot, (logits, wanted) in enumerate(by_slot):
                hit, ends = logits.argmax(-1) == wanted, wanted == self.size.codebook_size
                for kind, chosen in ((slot, ~ends), (7, ends)):
                    right[kind] += int(hit[chosen].sum())
                    asked[kind] += int(chosen.sum())
        self.model.train()
        means = {name: round(sum(row[name] for row in losses) / len(losses), 4) for name in losses[0]}
        return means, (right / np.maximum(1, asked)).round(3).tolist()

    def save(self):
        save_whole({"model": self.model.state_dict(), "sounds": self.sounds.state_dict(),
                    "optimisers": [optimiser.state_dict() for optimiser in self.optimisers], "step": self.step,
                    "spent": self.budget.spent()}, os.path.join(self.folder, "state.pt"))
        language_model.save(self.model, os.path.join(self.folder, "model.pt"))

    def train(self, max_steps=1 << 60, report_every_s=20, save_every_minutes=2):
        parameters = sum(w.numel() for w in self.model.parameters())
        print(f"language model: {parameters / 1e6:.2f} M parameters, {len(self.pairs.lengths)} utterances of "
              f"{self.pairs.num_tokens() / 1e6:.2f} M tokens, on {self.device} in "
              f"{'bfloat16' if self.bfloat16 else 'float32'}", flush=True)
        self.model.train()
        losses, num_tokens, reported = [], 0, self.budget.spent()
        for batch, letters in ahead(self.batches()):
            if self.budget.is_over() or self.step >= max_steps:
                break
            losses.append(self.learn(batch, letters))
            num_tokens += batch.ids.numel()
            if self.budget.spent() - reported > report_every_s:
                self._report(losses, num_tokens / (self.budget.spent() - reported))
                losses, num_tokens, reported = [], 0, self.budget.spent()
            if self.budget.wants_saving(save_every_minutes):
                self.save()
        self.save()
        self._report(losses, None)

    def _report(self, losses, tokens_per_second):
        held_out, right = self.examine()
        means = {name: round(float(torch.stack([row[name] for row in losses]).mean()), 4) for name in WEIGHTS} if losses else None
        row = {"step": self.step, "minutes": round(self.budget.spent() / 60, 2),
               "learnt": means, "held_out": held_out, "right_by_slot_and_end": right,
               "tokens_per_second": tokens_per_second and round(tokens_per_second)}
        print(json.dumps(row), flush=True)
        os.makedirs(self.folder, exist_ok=True)
        with open(os.path.join(self.folder, "log.jsonl"), "a") as file:
            file.write(json.dumps(row) + "\n")


def sound_loss(said, sounds):
    """said [rows, tokens, len(SOUNDS_BEHIND), NUM_SOUNDS], sounds [rows, tokens, len(SOUNDS_BEHIND)]."""
    return F.cross_entropy(said.float().flatten(0, 2), sounds.flatten(), ignore_index=IGNORED)
