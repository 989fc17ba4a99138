"""How the small voice is made: one module for each step, and what the steps share. ../README.md tells the order."""
