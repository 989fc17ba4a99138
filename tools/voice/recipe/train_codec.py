"""The codec learns to give speech back through its codes.

First everything passes unquantised; then the codebooks are seeded and follow what they code; after a fifth of the budget
the critics join. The learning rate falls as the minutes are spent; a run goes on from FOLDER/state.pt, and FOLDER/codec
is a SNAC checkpoint, written anew at every save. On CUDA the critics' products are done in bfloat16.
"""
import json
import os

import torch

from . import codec as codecs
from . import losses, shards
from .budget import Budget, autocast, chosen_device, read_checkpoint, save_whole
from .sizes import FRAME_SAMPLES

CUDA_SCALES = [(128, 10), (256, 20), (512, 40), (1024, 80), (2048, 120)]
CPU_SCALES = [(256, 24), (512, 40), (1024, 80)]
MEL_WEIGHT, COMMITMENT_WEIGHT, FEATURE_WEIGHT = 30.0, 0.25, 10.0


class Clips:
    """Random stretches of utterances, cut on the device where the samples lie."""

    def __init__(self, samples, lengths, clip_samples, device, seed):
        lengths = torch.from_numpy(lengths).to(device)
        begins = lengths.cumsum(0) - lengths
        long_enough = lengths >= clip_samples
        if not bool(long_enough.any()):
            raise SystemExit(f"no utterance is as long as a clip of {clip_samples} samples")
        self.begins, self.room = begins[long_enough], (lengths - clip_samples)[long_enough] + 1
        self.ends_of_room = self.room.cumsum(0)
        self.samples = torch.from_numpy(samples).to(device)
        self.within = torch.arange(clip_samples, device=device)
        self.random = torch.Generator(device=device)
        self.random.manual_seed(seed)

    def __call__(self, count):
        """[count, 1, clip] within −1 … 1, at loudnesses 8 dB apart."""
        drawn = torch.rand(count, device=self.samples.device, generator=self.random, dtype=torch.float64)
        place = (drawn * self.ends_of_room[-1]).long()
        utterance = torch.searchsorted(self.ends_of_room, place, right=True)
        begin = self.begins[utterance] + self.ends_of_room[utterance] - 1 - place
        clips = self.samples[begin.unsqueeze(1) + self.within].float() / 32768
        gain_db = torch.rand(count, 1, device=clips.device, generator=self.random) * 8 - 6
        return (clips * 10 ** (gain_db / 20)).clamp(-1, 1).unsqueeze(1)


class Trainer:
    def __init__(self, size, speech_folder, folder, minutes, stop_after_minutes, seed=3, max_hours=8.0, rate=5e-4,
                 critics_from=0.2, bfloat16=None):
        """critics_from: the share of the budget after which the critics join; 1 leaves them out."""
        self.device = chosen_device()
        self.bfloat16 = self.device == "cuda" if bfloat16 is None else bfloat16
        self.size, self.folder, self.highest_rate, self.critics_from = size, folder, rate, critics_from
        torch.manual_seed(seed)
        self.codec = codecs.Codec(size.codec_config()).to(self.device).train()
        self.quantisers = self.codec.quantizer.quantizers
        self.critics = losses.Critics(size.critics_width).to(self.device) if critics_from < 1 else None
        learnt = [w for w in self.codec.parameters() if w.requires_grad]
        self.optimiser = torch.optim.AdamW(learnt, rate, betas=(0.8, 0.99), weight_decay=1e-4)
        if self.critics:
            self.critics_optimiser = torch.optim.AdamW(self.critics.parameters(), rate, betas=(0.8, 0.99))
        self.mel = losses.MelDistance(CUDA_SCALES if self.device == "cuda" else CPU_SCALES).to(self.device)
        self.step, self.usual_norm, self.quantises, spent = 0, torch.tensor(10.0, device=self.device), False, 0.0
        state = read_checkpoint(os.path.join(folder, "state.pt"), self.device)
        if state:
            spent = self._take_up(state)
            print(f"codec: goes on at step {self.step}, after {spent / 60:.1f} minutes", flush=True)
        clip = size.codec_frames * FRAME_SAMPLES
        self.clips = Clips(*shards.samples_and_lengths(speech_folder, "train", max_hours), clip, self.device,
                           seed + self.step)
        held_out = Clips(*shards.samples_and_lengths(speech_folder, "held-out", 0.1), clip, self.device, 1)
        self.held_out = held_out(min(32, 2 * size.codec_batch))
        self.budget = Budget(minutes, stop_after_minutes, spent)

    def _take_up(self, state):
        self.codec.load_state_dict(state["codec"])
        self.optimiser.load_state_dict(state["optimiser"])
        for quantiser, (members, sums) in zip(self.quantisers, state["codebooks"]):
            quantiser.members.copy_(members)
            quantiser.sums.copy_(sums)
        if self.critics and state["critics"]:
            self.critics.load_state_dict(state["critics"])
            self.critics_optimiser.load_state_dict(state["critics_optimiser"])
        self.step, self.quantises, self.usual_norm = state["step"], state["quantises"], state["usual_norm"]
        return state["spent"]

    def save(self):
        critics = self.critics and self.critics.state_dict()
        save_whole({"codec": self.codec.state_dict(), "optimiser": self.optimiser.state_dict(), "critics": critics,
                    "critics_optimiser": critics and self.critics_optimiser.state_dict(), "step": self.step,
                    "codebooks": [(q.members, q.sums) for q in self.quantisers], "quantises": self.quantises,
                    "usual_norm": self.usual_norm, "spent": self.budget.spent()},
                   os.path.join(self.folder, "state.pt"))
        codecs.save(self.codec, os.path.join(self.folder, "codec"))

    def learn(self):
        """One step. → its losses, tensors."""
        rate = self.budget.rate(self.highest_rate, self.step, self.size.warm_up_steps, lowest_share=0.02)
        wanted = self.clips(self.size.codec_batch)
        if self.step >= self.size.codec_open_steps and not self.quantises and self.quantisers[0].collected:
            for quantiser in self.quantisers:
                quantiser.begin_codebook()
            self.quantises = True
        made, _, commitment = self.codec(wanted, "learn" if self.quantises else "open")
        parts = {"mel": self.mel(made, wanted), "commitment": commitment}
        loss = MEL_WEIGHT * parts["mel"] + COMMITMENT_WEIGHT * commitment
        if self.critics and self.quantises and self.budget.share() >= self.critics_from:
            parts["critics"] = self._teach_critics(wanted, made.detach(), 0.6 * rate)
            parts["convincing"], parts["features"] = self._ask_critics(wanted, made)
            loss = loss + parts["convincing"] + FEATURE_WEIGHT * parts["features"]
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self._follow_gradient(rate)
        self.step += 1
        return {name: part.detach() for name, part in parts.items()}

    def _teach_critics(self, wanted, made, rate):
        for group in self.critics_optimiser.param_groups:
            group["lr"] = rate
        with autocast(self.device, self.bfloat16):
            loss = losses.critics_loss(*self.critics.of_both(wanted, made))
        self.critics_optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.critics.parameters(), 10.0)
        self.critics_optimiser.step()
        return loss

    def _ask_critics(self, wanted, made):
        self.critics.requires_grad_(False)
        with autocast(self.device, self.bfloat16):
            of_wanted, of_made = self.critics.of_both(wanted, made)
            asked = losses.convincing_loss(of_made), losses.feature_loss(of_wanted, of_made)
        self.critics.requires_grad_(True)
        return asked

    def _follow_gradient(self, rate):
        """Clipped at twice its usual norm, so that weights of losses need no bound of their own. A step without a
        finite gradient is left out."""
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        learnt = self.optimiser.param_groups[0]["params"]
        norm = torch.nn.utils.clip_grad_norm_(learnt, 2 * self.usual_norm).detach()
        if not bool(torch.isfinite(norm)):
            print(f"codec: step {self.step} has no finite gradient and is left out", flush=True)
            return
        self.usual_norm = (0.98 * self.usual_norm + 0.02 * norm).clamp_min(1e-3)
        self.optimiser.step()

    @torch.no_grad()
    def examine(self):
        """→ mel distance on held-out speech, and how many codes of each codebook are in use (their perplexity)."""
        self.codec.eval()
        made, codes, _ = self.codec(self.held_out, "use" if self.quantises else "open")
        self.codec.train()
        used = []
        for chosen in codes:
            shares = torch.bincount(chosen.flatten(), minlength=self.size.codebook_size).float() / chosen.numel()
            used.append(round(float(torch.exp(-(shares * (shares + 1e-9).log()).sum())), 1))
        return float(self.mel(made, self.held_out)), used

    def train(self, max_steps=1 << 60, report_every_s=20, save_every_minutes=1.5):
        parameters = sum(w.numel() for w in self.codec.parameters())
        print(f"codec: {parameters / 1e6:.2f} M parameters, {len(self.clips.samples) / 24000 / 3600:.2f} h of speech, on "
              f"{self.device}", flush=True)
        rows, reported = [], self.budget.spent()
        while not self.budget.is_over() and self.step < max_steps:
            rows.append(self.learn())
            if self.budget.spent() - reported > report_every_s:
                self._report(rows, len(rows) / (self.budget.spent() - reported))
                rows, reported = [], self.budget.spent()
            if self.budget.wants_saving(save_every_minutes):
                self.save()
        self.save()
        return self._report(rows, None)

    def _report(self, rows, steps_per_second):
        distance, used = self.examine()
        names = rows[-1].keys() if rows else ()
        means = {name: round(float(torch.stack([row[name] for row in rows if name in row]).mean()), 4) for name in names}
        row = {"step": self.step, "minutes": round(self.budget.spent() / 60, 2), "held_out_mel": round(distance, 4),
               "codes_in_use": used, **means, "steps_per_second": steps_per_second and round(steps_per_second, 2)}
        print(json.dumps(row), flush=True)
        os.makedirs(self.folder, exist_ok=True)
        with open(os.path.join(self.folder, "log.jsonl"), "a") as file:
            file.write(json.dumps(row) + "\n")
        return row
