"""Free times: the rules, the busy time, and the slots that remain."""
