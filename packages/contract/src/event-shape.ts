import { z } from 'zod'

type Source = 'system' | 'agent' | 'judge'
export const Text = z.string()
/** One kind of event. `house` marks those that this project adds to the taxonomy of the design. */
export const event = <S extends z.ZodRawShape>(source: Source, subject: string, house: boolean, shape: S) => ({ data: z.object(shape), house, source, subject })
/** Of the design. */
export const D = false
/** Of the house. */
export const H = true
