/*
  The commands: KN_COMMAND(name, Suffix, "purpose") declares and registers KNCommand_Suffix(), found in name.c.
  One line a command.
*/
KN_COMMAND(generate, Generate, "solve a PDE for many random inputs and store the samples")
KN_COMMAND(merge, Merge, "join datasets that are parts of one ensemble")
KN_COMMAND(convert, Convert, "read or write the layouts of other programs: MATLAB, PDEBench, The Well, HDF5, numpy")
KN_COMMAND(inspect, Inspect, "show and verify what a dataset or checkpoint holds")
KN_COMMAND(train, Train, "train a neural operator, or resume where the run directory stopped")
KN_COMMAND(watch, Watch, "follow runs at the terminal: curves, latest numbers, time left")
KN_COMMAND(evaluate, Evaluate, "measure errors of trained networks on datasets of any resolution; draw pictures")
KN_COMMAND(predict, Predict, "write a trained network's predictions for a file of inputs")
KN_COMMAND(condense, Condense, "make a trained network smaller: prune whole particles and modes, fine-tune, compare")
KN_COMMAND(bench, Bench, "time each layer and the whole step of a network against the limits of the machine")
KN_COMMAND(report, Report, "compare trained runs, of a study or any: tables with intervals, pictures")
