"""The small Llama: bytes in, audio tokens out. The head is the embedding.

Parameters bear the names of llama-architecture GGUFs. Rotary pairs are neighbouring channels (2i, 2i+1), which is how
those files are read, so weights are exported as they are. Runs on PyTorch 1.13 (CPU) and 2.x (CUDA).
"""
import torch
import torch.nn as nn
import torch.nn.functional as F

from . import tokens
from .budget import save_whole


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


def attend(q, k, v):
    """Causal attention over whole sequences, [batch, heads, tokens, head]."""
    if hasattr(F, "scaled_dot_product_attention"):
        return F.scaled_dot_product_attention(q, k, v, is_causal=True)
    length = q.shape[2]
    hidden = torch.ones(length, length, dtype=torch.bool, device=q.device).triu(1)
    scores = (q @ k.transpose(2, 3) / q.shape[3] ** 0.5).masked_fill(hidden, float("-inf"))
    return scores.softmax(-1) @ v


class Layer(nn.Module):
    def __init__(self, config, dropout):
        super().__init__()
        width, self.heads, self.kv_heads = config["width"], config["heads"], config["kv_heads"]
        self.head_dim = width // self.heads
        kv_width, feed_forward, epsilon = self.head_dim * self.kv_heads, config["feed_forward"], config["rms_epsilon"]
        self.attn_norm, self.ffn_norm = RmsNorm(width, epsilon), RmsNorm(width, epsilon)
        self.attn_q, self.attn_k = nn.Linear(width, width, bias=False), nn.Linear(width, kv_width, bias=False)
        self.attn_v, self.attn_output = nn.Linear(width, kv_width, bias=False), nn.Linear(width, width, bias=False)
        self.ffn_gate, self.ffn_up = (nn.Linear(width, feed_forward, bias=False) for _ in range(2))
        self.ffn_down = nn.Linear(feed_forward, width, bias=False)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x, cosines, sines):
        batch, length, width = x.shape
        y = self.attn_norm(x)
        in_heads = lambda z, heads: z.view(batch, length, heads, self.head_dim).transpose(1, 2)
        q = rotate(in_heads(self.attn_q(y), self.heads), cosines, sines)
        k = rotate(in_heads(self.attn_k(y), self.kv_heads), cosines, sines)
        v = in_heads(self.attn_v(y), self.kv_heads)
        sharing = self.heads // self.kv_heads
        heard = attend(q, k.repeat_interleave(sharing, 1), v.repeat_interleave(sharing, 1))
        x = x + self.dropout(self.attn_output(heard.transpose(1, 2).reshape(batch, length, width)))
        y = self.ffn_norm(x)
        return x + self.dropout(self.ffn_down(F.silu(self.ffn_gate(y)) * self.ffn_up(y)))


class LanguageModel(nn.Module):
    def __init__(self, config, dropout=0.0):
        super().__init__()
        self.config = dict(config)
        self.vocabulary_size = tokens.vocabulary_size(config["codebook_size"])
        self.token_embd = nn.Embedding(self.vocabulary_size, config["width"])
        self.blk = nn.ModuleList(Layer(config, dropout) for _ in range(config["layers"]))
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
        x = self.token_embd(ids)
        for layer in self.blk:
            x = layer(x, self.cosines[:ids.shape[1]], self.sines[:ids.shape[1]])
        return self.output_norm(x)

    def logits(self, stream):
        return F.linear(stream, self.token_embd.weight)

    def forward(self, ids):
        return self.logits(self.stream(ids))


def save(model, path, half=False):
    """Configuration and weights alone; half of their precision for a file that has to travel."""
    weights = {name: (w.detach().half() if half else w.detach().float()).cpu() for name, w in model.state_dict().items()}
    save_whole({"config": model.config, "weights": weights}, path)


def load(path, device="cpu", dropout=0.0):
    kept = torch.load(path, map_location="cpu")
    model = LanguageModel(kept["config"], dropout)
    model.load_state_dict({name: weight.float() for name, weight in kept["weights"].items()})
    return model.to(device)
