"""What the model learns from: where it comes from, what it is called, and how it is packed."""
