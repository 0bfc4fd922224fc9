//! The kernels against each other and against one byte at a time.
