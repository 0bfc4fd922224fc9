//! Byte-classification kernels, one file per instruction set, chosen once at run time.
