"""Vector quantisation by angle in a small space, with a codebook that follows what it codes."""
import torch
import torch.nn as nn
import torch.nn.functional as F


class Quantiser(nn.Module):
    def __init__(self, in_proj, out_proj, codebook_size, stride, follow=0.99):
        super().__init__()
        self.stride, self.codebook_size, self.follow = stride, codebook_size, follow
        self.in_proj, self.out_proj = in_proj, out_proj
        self.codebook = nn.Embedding(codebook_size, in_proj.out_channels)
        self.codebook.weight.requires_grad_(False)  # it follows its members, not a gradient
        # Running sums over each code's members. No part of a codec; training's checkpoints keep them.
        self.register_buffer("members", torch.ones(codebook_size), persistent=False)
        self.register_buffer("sums", torch.zeros(codebook_size, in_proj.out_channels), persistent=False)
        self.collected = []  # points [N, D] while the quantiser is open

    def nearest(self, points):
        """points [N, D] → codes [N]."""
        return (F.normalize(points, dim=1) @ F.normalize(self.codebook.weight, dim=1).t()).argmax(1)

    def forward(self, latents, mode):
        """mode "use": quantise; "learn": also move the codebook; "open": let everything through and collect it.

        latents [B, C, T] → vectors [B, C, T], codes [B, T / stride], commitment."""
        if self.stride > 1:
            latents = F.avg_pool1d(latents, self.stride, self.stride)
        inner = self.in_proj(latents).float()  # [B, D, T / stride]
        points = inner.detach().transpose(1, 2).reshape(-1, inner.shape[1])
        if mode == "open":
            self.collected = self.collected[-39:] + [points]
            codes = torch.zeros(inner.shape[0], inner.shape[2], dtype=torch.long, device=inner.device)
            return self._widen(self.out_proj(inner)), codes, inner.new_zeros(())
        codes = self.nearest(points)
        if mode == "learn":
            self._learn(points, codes)
        codes = codes.view(inner.shape[0], -1)
        coded = self.codebook(codes).transpose(1, 2).detach()
        commitment = (inner - coded).square().mean()
        return self._widen(self.out_proj(inner + (coded - inner).detach())), codes, commitment

    def vectors_of(self, codes):
        return self._widen(self.out_proj(self.codebook(codes).transpose(1, 2)))

    def _widen(self, vectors):
        return vectors.repeat_interleave(self.stride, dim=-1) if self.stride > 1 else vectors

    @torch.no_grad()
    def begin_codebook(self, rounds=8):
        """Codes from what was collected: k-means by angle."""
        points, points_a_step = torch.cat(self.collected), len(self.collected[-1])
        self.collected = []
        points = points[torch.randperm(len(points), device=points.device)[:max(16 * self.codebook_size, 4096)]]
        weight = self.codebook.weight
        weight.copy_(self._some(points) + 1e-4 * torch.randn_like(weight))
        for _ in range(rounds):
            count, total = self._sums_of(points, self.nearest(points))
            mean = total / count.clamp_min(1).unsqueeze(1)
            weight.copy_(torch.where(count.unsqueeze(1) > 0, mean, self._some(points)))
        share = points_a_step / self.codebook_size  # as if every code had its equal part of a step
        self.members.fill_(share)
        self.sums.copy_(self.codebook.weight * share)

    @torch.no_grad()
    def _learn(self, points, codes):
        """Each code moves to the mean of its members; one that has hardly any is given a point of this step."""
        count, total = self._sums_of(points, codes)
        self.members.mul_(self.follow).add_(count, alpha=1 - self.follow)
        self.sums.mul_(self.follow).add_(total, alpha=1 - self.follow)
        share = len(points) / self.codebook_size
        unused = self.members < 0.08 * share
        fresh = self._some(points)
        self.members.copy_(torch.where(unused, 0.3 * share * torch.ones_like(self.members), self.members))
        self.sums.copy_(torch.where(unused.unsqueeze(1), fresh * 0.3 * share, self.sums))
        self.codebook.weight.copy_(self.sums / self.members.unsqueeze(1))

    def _some(self, points):
        return points[torch.randint(len(points), (self.codebook_size,), device=points.device)]

    def _sums_of(self, points, codes):
        count = torch.zeros_like(self.members).index_add_(0, codes, torch.ones_like(points[:, 0]))
        return count, torch.zeros_like(self.sums).index_add_(0, codes, points)
