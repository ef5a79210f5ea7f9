"""Search that finds "Özil" by "ozil": the folded text of a row, how it is kept true, and found."""
