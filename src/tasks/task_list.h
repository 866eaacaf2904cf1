/*
  The tasks: KN_TASK(Suffix) declares and registers KNTaskInfo_Suffix and KNTaskCreate_Suffix().
  One line a task.
*/
KN_TASK(Regression)
KN_TASK(Classification)
