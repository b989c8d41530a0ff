# The rest of the engine, which this fixture leaves out.
    .text
    .globl VspEngine
VspEngine:
    .fill 0x12F0, 1, 0xCC
