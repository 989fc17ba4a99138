"""How large the voice is and how long it learns. One name stands for all numbers of a training.

`base` is the voice that ships: 16.7 MB of model in q8_0 and 7.7 MB of decoder. `tiny` is for hours on two cores, `smoke`
proves in a minute that every step runs.
"""
from dataclasses import dataclass

SAMPLE_RATE = 24000
FRAME_SAMPLES = 2048
MAX_WORDS = 25  # of a training sequence's text, and of the pieces that the program cuts


@dataclass(frozen=True)
class Size:
    # The codec, as its config.json says it.
    encoder_dim: int
    decoder_dim: int
    codebook_size: int
    # The language model.
    width: int
    layers: int
    heads: int
    kv_heads: int
    feed_forward: int
    # Training.
    codec_batch: int           # clips a step
    codec_frames: int          # of a clip
    codec_open_steps: int      # before codebooks are seeded
    critics_width: int         # channels of a critic's first layer
    lm_tokens: int             # a step
    warm_up_steps: int

    def codec_config(self):
        """config.json of a SNAC checkpoint."""
        return {"sampling_rate": SAMPLE_RATE, "encoder_dim": self.encoder_dim, "encoder_rates": [2, 4, 8, 8],
                "decoder_dim": self.decoder_dim, "decoder_rates": [8, 8, 4, 2], "attn_window_size": None,
                "codebook_size": self.codebook_size, "codebook_dim": 8, "vq_strides": [4, 2, 1], "noise": True,
                "depthwise": True}

    def model_config(self, voice):
        return {"width": self.width, "layers": self.layers, "heads": self.heads, "kv_heads": self.kv_heads,
                "feed_forward": self.feed_forward, "codebook_size": self.codebook_size, "voice": voice,
                "context": 2048, "rope_base": 10000.0, "rms_epsilon": 1e-5}


SIZES = {
    "smoke": Size(encoder_dim=4, decoder_dim=32, codebook_size=64, width=64, layers=2, heads=2, kv_heads=1,
                  feed_forward=128, codec_batch=2, codec_frames=4, codec_open_steps=2, critics_width=2, lm_tokens=1200, warm_up_steps=2),
    "tiny": Size(encoder_dim=12, decoder_dim=128, codebook_size=256, width=192, layers=4, heads=6, kv_heads=2,
                 feed_forward=512, codec_batch=16, codec_frames=8, codec_open_steps=300, critics_width=8,
                 lm_tokens=4000, warm_up_steps=100),
    "base": Size(encoder_dim=24, decoder_dim=384, codebook_size=1024, width=384, layers=8, heads=6, kv_heads=2,
                 feed_forward=1024, codec_batch=32, codec_frames=10, codec_open_steps=400, critics_width=16,
                 lm_tokens=65536, warm_up_steps=200),
}
