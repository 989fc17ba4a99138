"""The recipe of the small voice: one module for each step, and shared modules. ../README.md explains the order."""
