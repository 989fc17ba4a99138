"""The small Llama: bytes in, audio tokens out. The output matrix is the embedding.

Parameters have the names in GGUFs of the architecture llama. Rotary pairs are neighbouring channels (2i, 2i+1), as in
those files, so weights are exported without a change. Runs on PyTorch 1.13 (CPU) and 2.x (CUDA).
"""
import torch
import torch.nn as nn
import torch.nn.functional as F

from . import gguf, tokens
from .budget import save_whole


class Linear(nn.Linear):
    """A linear layer without a bias, computed in the precision of its input."""

    def __init__(self, inputs, outputs):
        super().__init__(inputs, outputs, bias=False)

    def forward(self, x):
        return F.linear(x, self.weight.to(x.dtype))


class RmsNorm(nn.Module):
    def __init__(self, width, epsilon):
        super().__init__()
        self.weight, self.epsilon = nn.Parameter(torch.ones(width)), epsilon

    def forward(self, x):
        wide = x.float()
        return (wide * torch.rsqrt(wide.square().mean(-1, keepdim=True) + self.epsilon) * self.weight).to(x.dtype)


def rotate(x, cosines, sines):
    """x [batch, heads, tokens, head]; cosines and sines [tokens, head / 2]."""
    even, odd = x[..., 0::2], x[..., 1::2]
    return torch.stack([even * cosines - odd * sines, even * sines + odd * cosines], -1).flatten(-2).to(x.dtype)


def attend(q, k, v, hidden, watched=None):
    """Attention over whole sequences, [batch, heads, tokens, head]. → the same, and what the watched heads miss.

    hidden [tokens, tokens]: −inf for tokens that must not be used, else 0.
    watched [batch, tokens, W]: where the first W heads should look from each position (-1: anywhere). → the mean of
    −log of the attention that they pay there."""
    batch, heads, length, head_dim = q.shape
    flat = [x.reshape(batch * heads, length, head_dim) for x in (q, k, v)]
    scores = torch.baddbmm(hidden, flat[0], flat[1].transpose(1, 2), alpha=head_dim ** -0.5)
    attention = scores.softmax(-1)
    heard = torch.bmm(attention, flat[2]).view(q.shape)
    if watched is None:
        return heard, None
    target = watched.permute(0, 2, 1)  # [batch, W, tokens]
    scores = scores.view(batch, heads, length, length)[:, :target.shape[1]].float()
    paid = scores.gather(3, target.clamp_min(0).unsqueeze(3)).squeeze(3) - scores.logsumexp(3)
    asked = target >= 0
    return heard, -torch.where(asked, paid, torch.zeros_like(paid)).sum() / asked.sum().clamp_min(1)


class Layer(nn.Module):
    def __init__(self, config):
        super().__init__()
        width, self.heads, self.kv_heads = config["width"], config["heads"], config["kv_heads"]
        self.head_dim = width // self.heads
        kv_width, feed_forward, epsilon = self.head_dim * self.kv_heads, config["feed_forward"], config["rms_epsilon"]
        self.attn_norm, self.ffn_norm = RmsNorm(width, epsilon), RmsNorm(width, epsilon)
        self.attn_q, self.attn_k = Linear(width, width), Linear(width, kv_width)
        self.attn_v, self.attn_output = Linear(width, kv_width), Linear(width, width)
        self.ffn_gate, self.ffn_up = (Linear(width, feed_forward) for _ in range(2))
        self.ffn_down = Linear(feed_forward, width)

    def forward(self, x, cosines, sines, hidden, watched=None):
        """→ the stream behind this layer, and what `attend` says of the watched heads."""
        batch, length, width = x.shape
        y = self.attn_norm(x)
        in_heads = lambda z, heads: z.view(batch, length, heads, self.head_dim).transpose(1, 2)
        q = rotate(in_heads(self.attn_q(y), self.heads), cosines, sines)
        k = rotate(in_heads(self.attn_k(y), self.kv_heads), cosines, sines)
        v = in_heads(self.attn_v(y), self.kv_heads)
        sharing = self.heads // self.kv_heads
        heard, missed = attend(q, k.repeat_interleave(sharing, 1), v.repeat_interleave(sharing, 1), hidden, watched)
        x = x + self.attn_output(heard.transpose(1, 2).reshape(batch, length, width))
        y = self.ffn_norm(x)
        return x + self.ffn_down(F.silu(self.ffn_gate(y)) * self.ffn_up(y)), missed


class LanguageModel(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.config = dict(config)
        self.vocabulary_size = tokens.vocabulary_size(config["codebook_size"])
        self.token_embd = nn.Embedding(self.vocabulary_size, config["width"])
        self.blk = nn.ModuleList(Layer(config) for _ in range(config["layers"]))
        self.output_norm = RmsNorm(config["width"], config["rms_epsilon"])
        head_dim = config["width"] // config["heads"]
        frequencies = config["rope_base"] ** (-torch.arange(0, head_dim, 2).float() / head_dim)
        angles = torch.outer(torch.arange(config["context"]).float(), frequencies)
        self.register_buffer("cosines", angles.cos(), persistent=False)  # [context, head / 2]
        self.register_buffer("sines", angles.sin(), persistent=False)
        self._draw_weights(config["layers"])

    def _draw_weights(self, layers):
        for name, weight in self.named_parameters():
            if weight.dim() != 2:
                continue
            into_stream = name.endswith(("attn_output.weight", "ffn_down.weight"))
            nn.init.normal_(weight, std=0.02 / ((2 * layers) ** 0.5 if into_stream else 1))

    def stream(self, ids):
        """ids [batch, tokens] → what the head reads, [batch, tokens, width]."""
        return self.watched_stream(ids, {}, None)[0]

    def watched_stream(self, ids, watched, between):
        """The same, with watched: {layer: where its heads should look}. → the stream, what the heads missed (summed over
        layers), and the stream behind layer `between`."""
        x, total, there = self._through(self.blk, ids, watched, between)
        return self.output_norm(x), total, there

    def stream_behind(self, ids, layer):
        """Behind that layer, without what follows."""
        return self._through(self.blk[:layer + 1], ids, {}, None)[0]

    def _through(self, layers, ids, watched, between):
        length = ids.shape[1]
        cosines, sines = self.cosines[:length], self.sines[:length]
        hidden = torch.full((length, length), -torch.inf, device=ids.device).triu(1)
        x, total, there = self.token_embd(ids), 0.0, None
        for number, layer in enumerate(layers):
            x, missed = layer(x, cosines, sines, hidden, watched.get(number))
            total = total + (0.0 if missed is None else missed)
            there = x if number == between else there
        return x, total, there

    def logits(self, stream):
        return F.linear(stream, self.token_embd.weight)

    def forward(self, ids):
        return self.logits(self.stream(ids))


def save(model, path):
    """Configuration and weights alone."""
    weights = {name: weight.detach().float().cpu() for name, weight in model.state_dict().items()}
    save_whole({"config": model.config, "weights": weights}, path)


def load(path, device="cpu"):
    """What `save` wrote, or an exported GGUF."""
    if path.endswith(".gguf"):
        config, weights = gguf.read_voice(path)
        kept = {"config": config, "weights": {f"{name}.weight": torch.from_numpy(its) for name, its in weights.items()}}
    else:
        kept = torch.load(path, map_location="cpu")
    model = LanguageModel(kept["config"])
    model.load_state_dict({name: weight.float() for name, weight in kept["weights"].items()})
    return model.to(device)
