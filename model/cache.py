"""The hybrid key-value cache of decoding: full on global layers, one window on sliding ones.

It keeps k after convolution and rotation, v after convolution, and beside them the last raw k and
v that the next convolution needs. Room is made in blocks, so that a token is written, not the
whole cache copied. For decoding only: no gradient goes through it. Shape suffixes are those of
model/network.py.
"""

from __future__ import annotations

import torch
from torch import Tensor

from model.config import ModelConfig

BLOCK_TOKENS = 128
"""Room made at once (our choice). A cache of n tokens is moved every 128 tokens, while attention
reads n at every token: reading and writing it again adds 2/128 to the traffic."""


class LayerCache:
    """Keys and values of one layer: places begin..end of a buffer that is larger."""

    def __init__(self, window: int | None) -> None:
        """`window` counts the tokens a sliding layer sees, the query included; None is global."""
        self.raw_B1JC: Tensor | None = None
        self._past_tokens = None if window is None else window - 1
        self._buffers: tuple[Tensor, Tensor] | None = None
        self._begin = self._end = 0

    @property
    def num_tokens(self) -> int:
        """Tokens held: on a sliding layer at most window - 1, which are all the next one sees."""
        return self._end - self._begin

    @property
    def num_bytes(self) -> int:
        """Memory taken, room for tokens to come included."""
        held = [*(self._buffers or ()), *(() if self.raw_B1JC is None else (self.raw_B1JC,))]
        return sum(tensor.numel() * tensor.element_size() for tensor in held)

    def append(self, k_BKTC: Tensor, v_BKTC: Tensor, raw_B1JC: Tensor) -> tuple[Tensor, Tensor]:
        """Return the keys and values the new tokens may look at, and remember them."""
        self.raw_B1JC = raw_B1JC.clone()  # A view would keep all that it was cut from.
        new, num_new = (k_BKTC, v_BKTC), k_BKTC.shape[2]
        if self._past_tokens is not None and num_new > BLOCK_TOKENS:
            seen = self._joined(new)
            self._begin = self._end = 0
            kept = min(self._past_tokens, seen[0].shape[2])
            self._write((_last(seen[0], kept), _last(seen[1], kept)))
        else:
            k_BKSC, v_BKSC = self._write(new)
            seen = k_BKSC[:, :, self._begin : self._end], v_BKSC[:, :, self._begin : self._end]
            if self._past_tokens is not None:
                self._begin = max(self._begin, self._end - self._past_tokens)
        return seen

    def _joined(self, new: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        """Return what is held and what is new, one after the other."""
        if self._buffers is None or not self.num_tokens:
            return new
        place = slice(self._begin, self._end)
        k, v = (
            torch.cat((buffer[:, :, place], tensor), dim=2)
            for buffer, tensor in zip(self._buffers, new, strict=True)
        )
        return k, v

    def _write(self, new: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        """Put new keys and values behind the held ones; return the buffers, moved if too small."""
        num_new = new[0].shape[2]
        if self._buffers is None or self._end + num_new > self._buffers[0].shape[2]:
            self._buffers = self._moved(self.num_tokens + num_new, new)
        for buffer, tensor in zip(self._buffers, new, strict=True):
            buffer[:, :, self._end : self._end + num_new] = tensor
        self._end += num_new
        return self._buffers

    def _moved(self, num_tokens: int, like: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        """Bring what is held to the front of buffers with room for num_tokens and some more."""
        held, place = self.num_tokens, slice(self._begin, self._end)
        room = -(-num_tokens // BLOCK_TOKENS) * BLOCK_TOKENS
        if self._past_tokens is not None:
            # A full window needs a whole block behind it, or it would move at every token.
            room = min(room + BLOCK_TOKENS, self._past_tokens + BLOCK_TOKENS)
        k, v = (x.new_empty((*x.shape[:2], room, x.shape[3])) for x in like)
        if self._buffers is not None:
            k[:, :, :held] = self._buffers[0][:, :, place]
            v[:, :, :held] = self._buffers[1][:, :, place]
        self._begin, self._end = 0, held
        return k, v


class Cache:
    """One LayerCache per layer, and the position counter apart from their lengths."""

    def __init__(self, config: ModelConfig) -> None:
        self.num_tokens = 0
        self.layers = [
            LayerCache(window=config.sliding_window if config.is_sliding(layer) else None)
            for layer in range(config.num_layers)
        ]

    @property
    def num_bytes(self) -> int:
        return sum(layer.num_bytes for layer in self.layers)


def _last(x_BKTC: Tensor, count: int) -> Tensor:
    return x_BKTC[:, :, x_BKTC.shape[2] - count :]
