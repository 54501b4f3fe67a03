/**
 * A nominal type over a structural one: values that must not be mixed up get different names,
 * and the only way in is a constructor that checks.
 */
declare const brand: unique symbol;

export type Brand<T, Name extends string> = T & { readonly [brand]: Name };
