! The same from Fortran: surrogate CHECKPOINT N
program surrogate
  use, intrinsic :: iso_c_binding
  use kitinet
  implicit none
  type(c_ptr)                :: operator
  character(512)             :: path, number
  real(c_float), allocatable :: x(:, :), y(:, :)
  integer                    :: n

  call get_command_argument(1, path)
  call get_command_argument(2, number)
  read (number, *) n
  allocate (x(n, n), y(n, n))
  x = 3
  x(1:(3 * n + 3) / 4, :) = 12 ! the first axis here is the last in C
  if (surrogate_load(trim(path) // c_null_char, operator) /= 0) call fail()
  if (surrogate_predict(operator, 1, [n, n], 0, x, y) /= 0) call fail()
  print '(a, es13.6)', surrogate_version() // ' ', y(n / 2 + 1, n / 4 + 1)
  if (surrogate_destroy(operator) /= 0) call fail()

contains

  subroutine fail()
    print '(a)', surrogate_message()
    stop 1
  end subroutine
end program
