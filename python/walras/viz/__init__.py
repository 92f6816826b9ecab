"""Pictures of runs: the self-contained HTML report and plotly figures."""
