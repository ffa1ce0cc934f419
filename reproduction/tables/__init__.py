"""Tables and plots of the records that the experiments leave."""
