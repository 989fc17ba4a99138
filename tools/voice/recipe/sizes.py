"""The sizes of the voice and of its training. A name stands for all numbers of a training.

`base` is the voice that is distributed. `smoke` tests in a minute that every step runs.
"""
from dataclasses import dataclass

SAMPLE_RATE = 24000
FRAME_SAMPLES = 2048
SUB_FRAME_SAMPLES = 128
PHONES = ("pau aa ae ah ao aw ax ay b ch d dh eh er ey f g hh ih iy jh k l m n ng ow oy p r s sh t th uh uw v w y z "
          "zh").split()
# How the voice is spoken with where nobody says otherwise. Its codes are notes as well, so what was said before must be as
# likely as ever, and chance may choose little.
SAMPLING = {"temperature": 0.2, "top_p": 0.9, "repetition_penalty": 1.0}
MAX_WORDS = 25  # of a training sequence's text, and of the pieces that the program cuts


@dataclass(frozen=True)
class Size:
    # The codec's config.json.
    encoder_dim: int
    decoder_dim: int
    codebook_size: int
    # The language model.
    width: int
    layers: int
    heads: int
    kv_heads: int
    feed_forward: int
    watched: dict              # {layer: number of heads with attention targets}
    sounds_after: int          # the layer after which the sound of letters is predicted
    # Training.
    lm_tokens: int             # tokens per step
    warm_up_steps: int

    def codec_config(self):
        """config.json of a SNAC checkpoint. Codebooks are as wide as the latents: nothing is to be found in them."""
        rates = [2, 4, 8, 8]
        return {"sampling_rate": SAMPLE_RATE, "encoder_dim": self.encoder_dim, "encoder_rates": rates,
                "decoder_dim": self.decoder_dim, "decoder_rates": [8, 8, 4, 2], "attn_window_size": None,
                "codebook_size": self.codebook_size, "codebook_dim": self.encoder_dim << len(rates), "vq_strides": [4, 2, 1],
                "noise": True, "depthwise": True}

    def model_config(self, voice):
        return {"width": self.width, "layers": self.layers, "heads": self.heads, "kv_heads": self.kv_heads,
                "feed_forward": self.feed_forward, "codebook_size": self.codebook_size, "voice": voice,
                "context": 2048, "rope_base": 10000.0, "rms_epsilon": 1e-5,
                # The first watched head of a layer looks at the letter that is spoken (pairs.LOOKS).
                "alignment_heads": [layer * self.heads for layer in self.watched]}


SIZES = {
    "smoke": Size(encoder_dim=8, decoder_dim=256, codebook_size=512, width=64, layers=2, heads=2, kv_heads=1,
                  feed_forward=128, watched={1: 2}, sounds_after=0, lm_tokens=1200, warm_up_steps=2),
    "base": Size(encoder_dim=8, decoder_dim=256, codebook_size=4096, width=256, layers=6, heads=4, kv_heads=4,
                 feed_forward=640, watched={2: 2, 3: 4}, sounds_after=2, lm_tokens=6000, warm_up_steps=100),
}
