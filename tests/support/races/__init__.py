"""Many at one instant, in processes of their own."""
