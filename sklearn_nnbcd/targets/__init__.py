# SPDX-License-Identifier: BSD-3-Clause
"""From the user's y to the targets Y of the engine, and from outputs back to predictions."""
