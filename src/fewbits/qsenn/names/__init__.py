"""What the features of a network mean, in words: named by a CLIP, judged by the truth."""
