# SPDX-License-Identifier: BSD-3-Clause
"""The fitted network as a value."""
