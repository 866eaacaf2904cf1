! Trained operators in Fortran: surrogate.h through ISO_C_BINDING. Compile this file with your own; link libkitinet.
! Arrays run the other way round: x(n2, n1, inputs, samples) where C has x[samples][inputs][n1][n2].
module kitinet
  use, intrinsic :: iso_c_binding
  implicit none
  private
  public :: surrogate_shape, surrogate_load, surrogate_destroy, surrogate_get_shape, surrogate_predict
  public :: surrogate_predict_with, surrogate_get_parameters
  public :: surrogate_message, surrogate_version, surrogate_set_symmetry_average, surrogate_get_classes

  type, bind(c) :: surrogate_shape
    integer(c_int)         :: dim
    integer(c_int)         :: n(3)
    character(kind=c_char) :: points(16)
    integer(c_int)         :: history
    integer(c_int)         :: inputs, outputs
    character(kind=c_char) :: pde(64)
  end type

  interface
    ! status = surrogate_load(path // c_null_char, surrogate), and so on; 0 is success
    function surrogate_load(path, surrogate) bind(c, name='KNSurrogateLoad')
      import
      integer(c_int)                     :: surrogate_load
      character(kind=c_char), intent(in) :: path(*)
      type(c_ptr), intent(out)           :: surrogate
    end function

    function surrogate_destroy(surrogate) bind(c, name='KNSurrogateDestroy')
      import
      integer(c_int)             :: surrogate_destroy
      type(c_ptr), intent(inout) :: surrogate
    end function

    function surrogate_get_shape(surrogate, shape) bind(c, name='KNSurrogateGetShape')
      import
      integer(c_int)                     :: surrogate_get_shape
      type(c_ptr), value                 :: surrogate
      type(surrogate_shape), intent(out) :: shape
    end function

    ! predictions are means over so many symmetries of the problem; 1: none, 0: all
    function surrogate_set_symmetry_average(surrogate, elements) bind(c, name='KNSurrogateSetSymmetryAverage')
      import
      integer(c_int)        :: surrogate_set_symmetry_average
      type(c_ptr), value    :: surrogate
      integer(c_int), value :: elements
    end function

    ! classes whose probabilities it gives; 0: it gives fields
    function surrogate_get_classes(surrogate, classes) bind(c, name='KNSurrogateGetClasses')
      import
      integer(c_int)              :: surrogate_get_classes
      type(c_ptr), value          :: surrogate
      integer(c_int), intent(out) :: classes
    end function

    ! numbers of each sample that it sees
    function surrogate_get_parameters(surrogate, parameters) bind(c, name='KNSurrogateGetParameters')
      import
      integer(c_int)              :: surrogate_get_parameters
      type(c_ptr), value          :: surrogate
      integer(c_int), intent(out) :: parameters
    end function

    ! n: points along each axis in C's order, that of x's axes from right to left
    function surrogate_predict(surrogate, samples, n, steps, x, y) bind(c, name='KNSurrogatePredict')
      import
      integer(c_int)               :: surrogate_predict
      type(c_ptr), value           :: surrogate
      integer(c_int), value        :: samples, steps
      integer(c_int), intent(in)   :: n(*)
      real(c_float), intent(in)    :: x(*)
      real(c_float), intent(inout) :: y(*)
    end function

    ! fields: that stand still beside the frames; parameters(parameters, samples); neither is read where there are none
    function surrogate_predict_with(surrogate, samples, n, steps, x, fields, parameters, y) &
        bind(c, name='KNSurrogatePredictWith')
      import
      integer(c_int)               :: surrogate_predict_with
      type(c_ptr), value           :: surrogate
      integer(c_int), value        :: samples, steps
      integer(c_int), intent(in)   :: n(*)
      real(c_float), intent(in)    :: x(*), fields(*)
      real(c_double), intent(in)   :: parameters(*)
      real(c_float), intent(inout) :: y(*)
    end function

    function message_c() bind(c, name='KNSurrogateMessage')
      import
      type(c_ptr) :: message_c
    end function

    function version_c() bind(c, name='KNSurrogateVersion')
      import
      type(c_ptr) :: version_c
    end function

    function strlen(text) bind(c)
      import
      integer(c_size_t)  :: strlen
      type(c_ptr), value :: text
    end function
  end interface

contains

  ! What was wrong with the last call that failed
  function surrogate_message() result(text)
    character(:), allocatable :: text
    text = to_text(message_c())
  end function

  function surrogate_version() result(text)
    character(:), allocatable :: text
    text = to_text(version_c())
  end function

  function to_text(from) result(text)
    type(c_ptr), intent(in)         :: from
    character(:), allocatable       :: text
    character(kind=c_char), pointer :: c(:)
    integer                         :: i

    call c_f_pointer(from, c, [strlen(from)])
    allocate(character(size(c)) :: text)
    do i = 1, size(c)
      text(i:i) = c(i)
    end do
  end function

end module
