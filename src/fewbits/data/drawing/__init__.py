"""Tools that drawn sets share: outlines, a brush, paints and light."""
