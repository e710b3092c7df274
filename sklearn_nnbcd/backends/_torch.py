# SPDX-License-Identifier: BSD-3-Clause
"""PyTorch, as far as its functions differ from the standard's; tensors are not asked for gradients."""

import contextlib

from ._base import Backend


class TorchBackend(Backend):
    """Backend for ``torch.Tensor``."""

    def index_type(self, count, *, xp):
        """uint8 or int32: what PyTorch pickles as uint16 it cannot read again."""
        if count <= 2**8:
            return xp.uint8
        return xp.int32 if count <= 2**31 else xp.int64

    @contextlib.contextmanager
    def products(self, tf32):
        """Sets PyTorch's switch for CUDA, for all threads, and sets it back."""
        from torch.backends.cuda import matmul

        before, matmul.allow_tf32 = matmul.allow_tf32, tf32
        try:
            yield
        finally:
            matmul.allow_tf32 = before

    def cholesky(self, A, *, xp):
        """By the function that does not wait for a device to say whether there is a factor."""
        import torch

        L, info = torch.linalg.cholesky_ex(A)
        return torch.where(info == 0, L, torch.nan)
