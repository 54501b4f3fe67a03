/** As much of JSON Schema as docs/openapi.json uses. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
}

/** Where a value does not fit its schema; empty when it does. Unknown properties are faults too. */
export function faultsOf(
  value: unknown,
  schema: Schema,
  named: Readonly<Record<string, Schema>>,
  path = "$",
): string[] {
  if (schema.$ref !== undefined) {
    const target = named[schema.$ref.replace("#/components/schemas/", "")];
    return target === undefined
      ? [`${path}: no ${schema.$ref}`]
      : faultsOf(value, target, named, path);
  }
  if (schema.anyOf !== undefined) {
    const fits = schema.anyOf.some((one) => faultsOf(value, one, named, path).length === 0);
    return fits ? [] : [`${path}: fits no alternative`];
  }
  const types = schema.type === undefined ? [] : [schema.type].flat();
  if (
    types.length > 0 &&
    !types.includes(typeOf(value)) &&
    !(types.includes("number") && typeOf(value) === "integer")
  ) {
    return [`${path}: ${typeOf(value)} is not ${types.join(" or ")}`];
  }
  if (schema.enum !== undefined && !schema.enum.includes(value)) return [`${path}: not listed`];
  if (Array.isArray(value)) {
    return value.flatMap((one, index) =>
      faultsOf(one, schema.items ?? {}, named, `${path}[${index}]`),
    );
  }
  if (typeof value !== "object" || value === null) return [];
  return objectFaults(value as Record<string, unknown>, schema, named, path);
}

function objectFaults(
  value: Readonly<Record<string, unknown>>,
  schema: Schema,
  named: Readonly<Record<string, Schema>>,
  path: string,
): string[] {
  const missing = (schema.required ?? []).filter((name) => !(name in value));
  const faults = missing.map((name) => `${path}.${name}: missing`);
  for (const [name, one] of Object.entries(value)) {
    const known = schema.properties?.[name];
    const other = schema.additionalProperties;
    if (known !== undefined) faults.push(...faultsOf(one, known, named, `${path}.${name}`));
    else if (typeof other === "object")
      faults.push(...faultsOf(one, other, named, `${path}.${name}`));
    else if (other !== true) faults.push(`${path}.${name}: not described`);
  }
  return faults;
}

function typeOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (Number.isInteger(value)) return "integer";
  return typeof value;
}
