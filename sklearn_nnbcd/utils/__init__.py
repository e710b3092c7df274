# SPDX-License-Identifier: BSD-3-Clause
"""Tools below every piece: linear algebra in ``xp``, tensor shapes, validation."""
