// Macros of other libraries that a program may have met before it includes tenon: names as in their headers, values
// that compile nowhere.
//
// Not here, because the standard library, xtensor or Boost.Hana does not bear them either: I (complex.h; names their
// template parameters), F, B1, TWO_PI, degrees, radians and round (Arduino), abs, isnan and its kin (old C libraries),
// _E (old ctype.h), length and eval (R), Min and Max (PostgreSQL), random and select (old BSD). Thrust does not bear
// check.
#pragma once

#define TENON_MACRO @a macro of another library@

// X11: Xlib.h, X.h, Xutil.h
#define Above TENON_MACRO
#define Always TENON_MACRO
#define Below TENON_MACRO
#define Bool TENON_MACRO
#define Complex TENON_MACRO
#define ControlMask TENON_MACRO
#define Convex TENON_MACRO
#define CurrentTime TENON_MACRO
#define DestroyAll TENON_MACRO
#define Expose TENON_MACRO
#define False TENON_MACRO
#define KeyPress TENON_MACRO
#define Nonconvex TENON_MACRO
#define None TENON_MACRO
#define Opposite TENON_MACRO
#define Status TENON_MACRO
#define Success TENON_MACRO
#define True TENON_MACRO
#define Unsorted TENON_MACRO

// Windows: windows.h, winnt.h, wingdi.h, rpcndr.h
#define ABSOLUTE TENON_MACRO
#define CONST TENON_MACRO
#define DELETE TENON_MACRO
#define DIFFERENCE TENON_MACRO
#define DOMAIN TENON_MACRO
#define ERROR TENON_MACRO
#define FALSE TENON_MACRO
#define IN TENON_MACRO
#define NO_ERROR TENON_MACRO
#define OPAQUE TENON_MACRO
#define OPTIONAL TENON_MACRO
#define OUT TENON_MACRO
#define OVERFLOW TENON_MACRO
#define RELATIVE TENON_MACRO
#define STRICT TENON_MACRO
#define TRANSPARENT TENON_MACRO
#define TRUE TENON_MACRO
#define UNDERFLOW TENON_MACRO
#define VOID TENON_MACRO
#define far TENON_MACRO
#define hyper TENON_MACRO
#define interface TENON_MACRO
#define max(a, b) TENON_MACRO
#define min(a, b) TENON_MACRO
#define near TENON_MACRO
#define small TENON_MACRO

// Unreal
#define FORCEINLINE TENON_MACRO
#define PI TENON_MACRO
#define TEXT(x) TENON_MACRO
#define check(expression) TENON_MACRO
#define checkSlow(expression) TENON_MACRO
#define checkf(expression, ...) TENON_MACRO
#define ensure(expression) TENON_MACRO
#define verify(expression) TENON_MACRO
#define verifyf(expression, ...) TENON_MACRO

// macOS: AssertMacros.h, objc.h
#define NO TENON_MACRO
#define YES TENON_MACRO
#define nil TENON_MACRO
#define require(assertion, label) TENON_MACRO

// Qt, with its keywords
#define emit TENON_MACRO
#define foreach(variable, container) TENON_MACRO
#define signals TENON_MACRO
#define slots TENON_MACRO

// Arduino
#define DEFAULT TENON_MACRO
#define EXTERNAL TENON_MACRO
#define HIGH TENON_MACRO
#define INPUT TENON_MACRO
#define LOW TENON_MACRO
#define OUTPUT TENON_MACRO
#define bit(b) TENON_MACRO
#define constrain(value, low, high) TENON_MACRO
#define sq(x) TENON_MACRO

// glibc's sys/sysmacros.h; kernels' and glog's
#define CHECK(condition) TENON_MACRO
#define DEBUG TENON_MACRO
#define LOG(severity) TENON_MACRO
#define likely(x) TENON_MACRO
#define linux TENON_MACRO
#define major(device) TENON_MACRO
#define makedev(major, minor) TENON_MACRO
#define minor(device) TENON_MACRO
#define unix TENON_MACRO
#define unlikely(x) TENON_MACRO
