"""What a full run costs, computed from its configuration and the rates in throughputs.yaml."""
