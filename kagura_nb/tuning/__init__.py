"""Fine-tuning: jobs that are paid for once, and the backends that run them."""
