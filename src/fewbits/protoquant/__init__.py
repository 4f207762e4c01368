"""ProtoQuant: prototypical parts as a codebook over a frozen backbone (arXiv 2602.06592)."""
