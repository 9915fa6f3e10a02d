"""What is known about an article, each value with its evidence."""
