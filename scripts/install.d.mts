interface LockedPackage {
  readonly version?: string
  readonly integrity?: string
  readonly optional?: boolean
  readonly os?: readonly string[]
  readonly cpu?: readonly string[]
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

/** Whether node_modules (`installed`, null for none) is what package-lock.json (`locked`) asks for on this platform. */
export function isInstalled(
  locked: Readonly<Record<string, LockedPackage>>,
  installed: Readonly<Record<string, LockedPackage>> | null,
  platform?: { readonly platform: string; readonly arch: string },
): boolean

/** Installs exactly what package-lock.json says, unless that is there already. */
export function install(): Promise<void>
