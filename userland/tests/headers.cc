// SPDX-License-Identifier: Apache-2.0
// Nothing: its target compiles the headers that all tests share, once.
