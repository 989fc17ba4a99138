"""The language model learns the codes of the speech from its text.

Only audio tokens and the end are predicted. The learning rate falls as the budget of minutes is spent; a run goes on
from FOLDER/state.pt, and FOLDER/model.pt holds the weights alone. On CUDA matrix products are done in bfloat16.
"""
import json
import os

import numpy as np
import torch
import torch.nn.functional as F

from . import language_model, tokens
from .budget import Budget, autocast, chosen_device, read_checkpoint, save_whole
from .codes import read_codes
from .pairs import IGNORED, Pairs, ahead


class Trainer:
    def __init__(self, size, voice, codes_folder, folder, minutes, stop_after_minutes, seed=1, by_heart=None,
                 start_from=None, bfloat16=None, rate=1.5e-3):
        """by_heart: learn the first so many utterances exactly, to prove the way; nothing is varied then.
        start_from: weights (model.pt) of an earlier machine, where FOLDER/state.pt did not travel: a dictionary of
        `path` and `spent_minutes`."""
        self.device = chosen_device()
        self.bfloat16 = self.device == "cuda" if bfloat16 is None else bfloat16
        self.size, self.folder, self.by_heart, self.highest_rate = size, folder, by_heart, rate
        torch.manual_seed(seed)
        codebook_size, utterances = read_codes(codes_folder, "train", by_heart)
        if codebook_size != size.codebook_size:
            raise SystemExit(f"{codes_folder}: codes of a codebook of {codebook_size}, but the model's size says "
                             f"{size.codebook_size}; was another codec trained since?")
        config = size.model_config(voice)
        self.pairs = Pairs(codebook_size, utterances, voice, config["context"])
        held_out = utterances if by_heart else read_codes(codes_folder, "held-out", 400)[1]
        self.held_out = Pairs(codebook_size, held_out, voice, config["context"])
        self.multiple = 64 if self.device == "cuda" else 8
        self.model = language_model.LanguageModel(config, 0.0 if by_heart else 0.1).to(self.device)
        self.optimiser = self._optimiser()
        self.step, spent = 0, 0.0
        state = read_checkpoint(os.path.join(folder, "state.pt"), self.device)
        if state:
            self.model.load_state_dict(state["model"])
            self.optimiser.load_state_dict(state["optimiser"])
            self.step, spent = state["step"], state["spent"]
            print(f"language model: goes on at step {self.step}, after {spent / 60:.1f} minutes", flush=True)
        elif start_from:
            self.model.load_state_dict(language_model.load(start_from["path"], self.device).state_dict())
            spent = start_from["spent_minutes"] * 60
        self.random = np.random.default_rng([seed, self.step])
        self.budget = Budget(minutes, stop_after_minutes, spent)

    def _optimiser(self):
        matrices = [w for n, w in self.model.named_parameters() if w.dim() == 2 and "token_embd" not in n]
        others = [w for n, w in self.model.named_parameters() if w.dim() != 2 or "token_embd" in n]
        groups = [{"params": matrices, "weight_decay": 0.0 if self.by_heart else 0.05},
                  {"params": others, "weight_decay": 0.0}]
        return torch.optim.AdamW(groups, self.highest_rate, betas=(0.9, 0.95),
                                 **({"fused": True} if self.device == "cuda" else {}))

    def batches(self):
        while True:
            plain = self.by_heart is not None
            for sequences in self.pairs.plan(self.random, self.size.lm_tokens, self.multiple, 0.0 if plain else 0.25):
                batch = self.pairs.batch(sequences, self.multiple, None if plain else self.random, 0.03)
                yield [part.pin_memory() for part in batch] if self.device == "cuda" else batch

    def predict(self, ids, targets):
        """→ mean loss, logits and targets of the positions that are predicted."""
        with autocast(self.device, self.bfloat16):
            stream = self.model.stream(ids)
            asked = targets != IGNORED
            logits = self.model.logits(stream[asked])
        return F.cross_entropy(logits.float(), targets[asked]), logits, targets[asked]

    def learn(self, ids, targets):
        """One step. → its loss, a tensor."""
        for group in self.optimiser.param_groups:
            group["lr"] = self.budget.rate(self.highest_rate, self.step, self.size.warm_up_steps)
        to_device = lambda part: part.to(self.device, non_blocking=True)
        loss = self.predict(to_device(ids), to_device(targets))[0]
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimiser.step()
        self.step += 1
        return loss.detach()

    @torch.no_grad()
    def examine(self):
        """→ loss and the share of likeliest tokens that are right, by slot and for the end, on held-out speech."""
        self.model.eval()
        right, asked, loss, count = np.zeros(8), np.zeros(8), 0.0, 0
        for sequences in self.held_out.plan(np.random.default_rng(0), self.size.lm_tokens, self.multiple)[:8]:
            ids, targets = (part.to(self.device) for part in self.held_out.batch(sequences, self.multiple))
            mean, logits, wanted = self.predict(ids, targets)
            loss, count = loss + float(mean) * len(wanted), count + len(wanted)
            hit = (logits.argmax(-1) == wanted).cpu().numpy()
            wanted = wanted.cpu().numpy()
            kind = np.where(wanted == tokens.END_OF_SPEECH, 7, (wanted - tokens.AUDIO_BASE) // self.size.codebook_size)
            np.add.at(right, kind, hit)
            np.add.at(asked, kind, 1)
        self.model.train()
        return loss / count, (right / np.maximum(1, asked)).round(3).tolist()

    def save(self):
        save_whole({"model": self.model.state_dict(), "optimiser": self.optimiser.state_dict(), "step": self.step,
                    "spent": self.budget.spent()}, os.path.join(self.folder, "state.pt"))
        language_model.save(self.model, os.path.join(self.folder, "model.pt"))

    def train(self, max_steps=1 << 60, report_every_s=20, save_every_minutes=2):
        parameters = sum(w.numel() for w in self.model.parameters())
        print(f"language model: {parameters / 1e6:.2f} M parameters, {len(self.pairs.texts)} utterances of "
              f"{self.pairs.num_tokens() / 1e6:.2f} M tokens, on {self.device}", flush=True)
        self.model.train()
        losses, num_tokens, reported = [], 0, self.budget.spent()
        for ids, targets in ahead(self.batches()):
            if self.budget.is_over() or self.step >= max_steps:
                break
            losses.append(self.learn(ids, targets))
            num_tokens += ids.numel()
            if self.budget.spent() - reported > report_every_s:
                self._report(losses, num_tokens / (self.budget.spent() - reported))
                losses, num_tokens, reported = [], 0, self.budget.spent()
            if self.budget.wants_saving(save_every_minutes):
                self.save()
        self.save()
        return self._report(losses, None)

    def _report(self, losses, tokens_per_second):
        held_out, right = self.examine()
        row = {"step": self.step, "minutes": round(self.budget.spent() / 60, 2),
               "loss": round(float(torch.stack(losses).mean()), 4) if losses else None,
               "held_out": round(held_out, 4), "right_by_slot_and_end": right,
               "tokens_per_second": tokens_per_second and round(tokens_per_second)}
        print(json.dumps(row), flush=True)
        os.makedirs(self.folder, exist_ok=True)
        with open(os.path.join(self.folder, "log.jsonl"), "a") as file:
            file.write(json.dumps(row) + "\n")
        return row
