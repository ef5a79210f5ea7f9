"""Forms that are open in several tabs: none undoes what another one has saved."""
