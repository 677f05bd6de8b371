"""Pure statistics and finance: frames in, frozen results out. No files, clocks, environment, database or Dagster."""
