"""What ProtoQuant takes on a large set, before it is begun: bytes by counting, hours by timing."""
