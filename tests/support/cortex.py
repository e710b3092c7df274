# SPDX-License-Identifier: BSD-3-Clause
"""Generated C on an emulated Cortex-M3 or M4: compile, link, run under QEMU, and count.

    cortex("m4", {"net.c": text}, "net.c", "net_predict", rows, labels, folder)

Flash and RAM are those of the network alone: an empty program is taken off. Instructions are counted by
QEMU (``-icount shift=0``), where a tick of SysTick is 40 of them; they are not cycles of a real chip.
"""

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

TOOLS = ("arm-none-eabi-gcc", "arm-none-eabi-size", "qemu-system-arm")
SOURCES = Path(__file__).parent / "cortex_m"
TICK = 40
#: machine and compiler flags
CHIPS = {
    "m3": ("mps2-an385", ["-mcpu=cortex-m3"]),
    "m4": ("mps2-an386", ["-mcpu=cortex-m4", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16"]),
}
C_TYPES = {"float32": "float", "int8": "int8_t", "int16": "int16_t"}


@dataclass(frozen=True)
class Run:
    """What a network took: bytes of flash, of static RAM and of stack, instructions a row, wrong rows."""

    flash: int
    ram: int
    stack: int
    instructions: int
    wrong: int


def missing_tools():
    """Names of tools that are not on the path."""
    return [tool for tool in TOOLS if shutil.which(tool) is None]


def _compiled(chip, sources, elf, folder, options=()):
    flags = [
        "-std=c99",
        "-O2",
        "-mthumb",
        *CHIPS[chip][1],
        "-ffunction-sections",
        "-fdata-sections",
        "-Wall",
        "-Wextra",
        "-Werror",
    ]
    link = ["-nostartfiles", "-T", str(SOURCES / "layout.ld"), "--specs=nosys.specs", "-Wl,--gc-sections"]
    command = ["arm-none-eabi-gcc", *flags, *options, *link, "-I", str(folder), "-o", str(elf)]
    done = subprocess.run([*command, *map(str, sources), "-lm"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    sizes = subprocess.run(["arm-none-eabi-size", str(elf)], capture_output=True, text=True, check=True)
    text, data, bss = (int(x) for x in sizes.stdout.split("\n")[1].split()[:3])
    return text + data, data + bss


def _rows(rows, labels, prototype, predict):
    kind, n = C_TYPES[str(rows.dtype)], rows.shape[1]
    if rows.dtype.kind == "f":
        entries = [",".join(float(v).hex() + "f" for v in row) for row in rows]
    else:
        entries = [",".join(str(int(v)) for v in row) for row in rows]
    table = ",\n".join("{" + entry + "}" for entry in entries)
    return (
        f"#include <stdint.h>\n{prototype}\n#define PREDICT {predict}\n#define N_ROWS {len(rows)}\n"
        f"static const {kind} rows[N_ROWS][{n}] = {{{table}}};\n"
        f"static const int32_t expected[N_ROWS] = {{{','.join(str(int(v)) for v in labels)}}};\n"
    )


def cortex(chip, text, rows, labels, folder, *, predict="network_predict", prototype=None, options=()):
    """Run a network's file on rows.

    Parameters
    ----------
    chip : {"m3", "m4"}
    text : str
        C99.
    rows : array of shape (n, n_features) of float32, int8 or int16
    labels : array of int of shape (n,)
        What PREDICT must return.
    folder : Path
        For files.
    predict : str, default="network_predict"
        What a row is handed to; may be a macro of the prototype's.
    prototype : str, default=None
        Declarations; None: those of the file itself.
    options : sequence of str, default=()
        More flags for the compiler.

    Returns
    -------
    run : Run
    """
    folder = Path(folder)
    (folder / "network.c").write_text(text, encoding="utf-8")
    if prototype is None:
        upper = predict.removesuffix("_predict").upper()
        prototype = f'#define {upper}_DECLARATIONS_ONLY\n#include "network.c"'
    kind, n = C_TYPES[str(rows.dtype)], rows.shape[1]
    (folder / "rows.h").write_text(_rows(rows, labels, prototype, predict), encoding="utf-8")
    once = f"#include <stdint.h>\n{prototype}\n{kind} row[{n}]; int main(void) {{ return {predict}(row); }}\n"
    (folder / "once.c").write_text(once, encoding="utf-8")
    (folder / "none.c").write_text(
        f"#include <stdint.h>\n{kind} row[{n}]; int main(void) {{ return row[0] != 0; }}\n"
    )
    start, network = SOURCES / "start.c", folder / "network.c"
    whole = _compiled(chip, [start, folder / "once.c", network], folder / "once.elf", folder, options)
    empty = _compiled(chip, [start, folder / "none.c"], folder / "none.elf", folder, options)
    elf = folder / "network.elf"
    _compiled(chip, [start, SOURCES / "main.c", network], elf, folder, options)
    command = ["qemu-system-arm", "-M", CHIPS[chip][0], "-nographic", "-monitor", "none", "-serial", "none"]
    command += ["-semihosting-config", "enable=on,target=native", "-icount", "shift=0", "-kernel", str(elf)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    said = dict(re.findall(r"(\w+) (\d+)", done.stdout + done.stderr))
    assert {"wrong", "ticks", "stack"} <= said.keys(), done.stdout + done.stderr
    instructions = round(int(said["ticks"]) * TICK / len(rows))
    return Run(whole[0] - empty[0], whole[1] - empty[1], int(said["stack"]), instructions, int(said["wrong"]))
