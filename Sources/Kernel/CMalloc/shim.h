// The C library's settings of its allocator, which Swift's module of it leaves out.
#pragma once
#include <malloc.h>
